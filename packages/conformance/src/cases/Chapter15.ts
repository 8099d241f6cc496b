/**
 * Chapter 15, beyond Autobahn: the opening handshake as a client has to read it (RFC 6455 §4.1).
 *
 * @since 0.1.0
 */
import type { Case } from "../Case.js"
import {
  answered,
  fails,
  frame,
  head,
  lowerName,
  nothing,
  octetByOctet,
  opens,
  response,
  statusLine,
  upgrade,
  whole
} from "./handshakes.js"
import { numbered } from "./words.js"

const good: ReadonlyArray<(id: string) => Case> = [
  (id) => opens(id, "client", "An ordinary response", whole(answered)),
  (id) => opens(id, "client", "Header names in lower case", (facts) => [head(answered(facts).map(lowerName))]),
  (id) => opens(id, "client", "Another reason phrase, or none", whole(statusLine("HTTP/1.1 101 "))),
  (id) =>
    opens(
      id,
      "client",
      "Connection: keep-alive, Upgrade",
      whole(response(/^Connection/, "Connection: keep-alive, Upgrade"))
    ),
  (id) => opens(id, "client", "Upgrade: WebSocket", whole(response(/^Upgrade/, "Upgrade: WebSocket"))),
  (id) =>
    opens(
      id,
      "client",
      "Headers that nobody knows",
      whole(response(nothing, "X-One: 1", "constructor: 1", "__proto__: 1"))
    ),
  (id) => opens(id, "client", "A response octet by octet", (facts) => octetByOctet(head(answered(facts))), { gap: 1 }),
  (id) =>
    opens(id, "client", "Two texts in the same write, behind the response", (facts) => [
      head(answered(facts)) + frame(false) + frame(false)
    ], { echoes: 2 }),
  (id) => opens(id, "client", "A folded header (RFC 9112 §5.2)", whole(response(nothing, "X-Folded: one", " two"))),
  (id) =>
    opens(id, "client", "100, 102 and 103 before the 101 (RFC 9110 §15.2)", (facts) => [
      head(["HTTP/1.1 100 Continue"]) + head(["HTTP/1.1 102 Processing"]) +
      head(["HTTP/1.1 103 Early Hints", "Link: </a>"]) + head(answered(facts))
    ])
]

const bad: ReadonlyArray<(id: string) => Case> = [
  (id) => fails(id, "200", (facts) => [head([...statusLine("HTTP/1.1 200 OK")(facts), "Content-Length: 0"])]),
  (id) =>
    fails(
      id,
      "401 with a body",
      (facts) => [`${head(["HTTP/1.1 401 Unauthorized", "Content-Length: 2", ...upgrade])}no${facts.key.slice(0, 0)}`]
    ),
  (id) => fails(id, "HTTP/2.0", whole(statusLine("HTTP/2.0 101 Switching Protocols"))),
  (id) => fails(id, "No Sec-WebSocket-Accept", whole(response(/^Sec-WebSocket-Accept/))),
  (id) =>
    fails(
      id,
      "The wrong Sec-WebSocket-Accept",
      whole(response(/^Sec-WebSocket-Accept/, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
    ),
  (id) => fails(id, "No Upgrade", whole(response(/^Upgrade/))),
  (id) => fails(id, "Upgrade: h2c", whole(response(/^Upgrade/, "Upgrade: h2c"))),
  (id) => fails(id, "No Connection", whole(response(/^Connection/))),
  (id) => fails(id, "Connection: close", whole(response(/^Connection/, "Connection: close"))),
  (id) =>
    fails(id, "A subprotocol that was not offered", whole(response(nothing, "Sec-WebSocket-Protocol: not-offered"))),
  (id) =>
    fails(id, "An extension that was not offered", whole(response(nothing, "Sec-WebSocket-Extensions: x-not-offered"))),
  (id) => fails(id, "A malformed status line", whole(statusLine("HTTP/1.1 1O1 Switching Protocols"))),
  (id) =>
    fails(id, "Sec-WebSocket-Accept twice", (facts) => [
      head([...answered(facts), `Sec-WebSocket-Accept: ${facts.accept}`])
    ]),
  (id) => fails(id, "A header of 256 KiB", whole(response(nothing, `X-Long: ${"a".repeat(262144)}`)))
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...numbered("15.1", good),
  ...numbered("15.2", bad)
]
