/**
 * Chapter 15, beyond Autobahn: the opening handshake as a client has to read it (RFC 6455 §4.1).
 *
 * @since 0.1.0
 */
import type { Case } from "./Case.js"
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

const good: ReadonlyArray<Case> = [
  opens("15.1.1", "client", "An ordinary response", whole(answered)),
  opens("15.1.2", "client", "Header names in lower case", (facts) => [head(answered(facts).map(lowerName))]),
  opens("15.1.3", "client", "Another reason phrase, or none", whole(statusLine("HTTP/1.1 101 "))),
  opens(
    "15.1.4",
    "client",
    "Connection: keep-alive, Upgrade",
    whole(response(/^Connection/, "Connection: keep-alive, Upgrade"))
  ),
  opens("15.1.5", "client", "Upgrade: WebSocket", whole(response(/^Upgrade/, "Upgrade: WebSocket"))),
  opens(
    "15.1.6",
    "client",
    "Headers that nobody knows",
    whole(response(nothing, "X-One: 1", "constructor: 1", "__proto__: 1"))
  ),
  opens("15.1.7", "client", "A response byte by byte", (facts) => octetByOctet(head(answered(facts))), { gap: 1 }),
  opens("15.1.8", "client", "Two texts in the same write, behind the response", (facts) => [
    head(answered(facts)) + frame(false) + frame(false)
  ], { echoes: 2 }),
  opens("15.1.9", "client", "A folded header (RFC 9112 §5.2)", whole(response(nothing, "X-Folded: one", " two"))),
  opens("15.1.10", "client", "100, 102 and 103 before the 101 (RFC 9110 §15.2)", (facts) => [
    head(["HTTP/1.1 100 Continue"]) + head(["HTTP/1.1 102 Processing"]) +
    head(["HTTP/1.1 103 Early Hints", "Link: </a>"]) + head(answered(facts))
  ])
]

const bad: ReadonlyArray<Case> = [
  fails("15.2.1", "200", (facts) => [head([...statusLine("HTTP/1.1 200 OK")(facts), "Content-Length: 0"])]),
  fails(
    "15.2.2",
    "401 with a body",
    (facts) => [`${head(["HTTP/1.1 401 Unauthorized", "Content-Length: 2", ...upgrade])}no${facts.key.slice(0, 0)}`]
  ),
  fails("15.2.3", "HTTP/2.0", whole(statusLine("HTTP/2.0 101 Switching Protocols"))),
  fails("15.2.4", "No Sec-WebSocket-Accept", whole(response(/^Sec-WebSocket-Accept/))),
  fails(
    "15.2.5",
    "The wrong Sec-WebSocket-Accept",
    whole(response(/^Sec-WebSocket-Accept/, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
  ),
  fails("15.2.6", "No Upgrade", whole(response(/^Upgrade/))),
  fails("15.2.7", "Upgrade: h2c", whole(response(/^Upgrade/, "Upgrade: h2c"))),
  fails("15.2.8", "No Connection", whole(response(/^Connection/))),
  fails("15.2.9", "Connection: close", whole(response(/^Connection/, "Connection: close"))),
  fails(
    "15.2.10",
    "A subprotocol that was not offered",
    whole(response(nothing, "Sec-WebSocket-Protocol: not-offered"))
  ),
  fails(
    "15.2.11",
    "An extension that was not offered",
    whole(response(nothing, "Sec-WebSocket-Extensions: x-not-offered"))
  ),
  fails("15.2.12", "A malformed status line", whole(statusLine("HTTP/1.1 1O1 Switching Protocols"))),
  fails("15.2.13", "Sec-WebSocket-Accept twice", (facts) => [
    head([...answered(facts), `Sec-WebSocket-Accept: ${facts.accept}`])
  ]),
  fails("15.2.14", "A header of 256 KiB", whole(response(nothing, `X-Long: ${"a".repeat(262144)}`)))
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [...good, ...bad]
