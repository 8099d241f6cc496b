/**
 * Chapter 14, beyond Autobahn: the opening handshake as a server has to read it (RFC 6455 §4.2, RFC 9112).
 *
 * @since 0.1.0
 */
import type { Case } from "../Case.js"
import type { Build } from "./handshakes.js"
import {
  frame,
  head,
  lowerName,
  nothing,
  octetByOctet,
  opens,
  refused,
  request,
  requestLine,
  usual,
  whole
} from "./handshakes.js"
import { numbered } from "./words.js"

const good: ReadonlyArray<(id: string) => Case> = [
  (id) => opens(id, "server", "An ordinary request", whole(usual)),
  (id) => opens(id, "server", "Header names in lower case", (facts) => [head(usual(facts).map(lowerName))]),
  (id) =>
    opens(
      id,
      "server",
      "Connection: keep-alive, Upgrade",
      whole(request(/^Connection/, "Connection: keep-alive, Upgrade"))
    ),
  (id) =>
    opens(
      id,
      "server",
      "Connection in two lines",
      whole(request(/^Connection/, "Connection: keep-alive", "Connection: upgrade"))
    ),
  (id) => opens(id, "server", "Upgrade: WebSocket in capitals", whole(request(/^Upgrade/, "Upgrade: WEBSOCKET"))),
  (id) => opens(id, "server", "Upgrade: websocket, foo", whole(request(/^Upgrade/, "Upgrade: websocket, foo"))),
  (id) =>
    opens(id, "server", "Content-Length: 0, which some clients send", whole(request(nothing, "Content-Length: 0"))),
  (id) =>
    opens(id, "server", "Blanks and tabs around values", (facts) => [
      head(usual(facts).map((line, i) => i === 0 ? line : line.replace(": ", ":  \t")))
    ]),
  (id) =>
    opens(
      id,
      "server",
      "An extension that nobody knows",
      whole(request(nothing, "Sec-WebSocket-Extensions: x-unknown; a=1; b")),
      { extensions: /^$/ }
    ),
  (id) =>
    opens(
      id,
      "server",
      "Subprotocols that the server may choose from",
      whole(request(nothing, "Sec-WebSocket-Protocol: one, two")),
      { protocols: ["one", "two"] }
    ),
  (id) =>
    opens(
      id,
      "server",
      "Fifty more headers, one called constructor and one __proto__",
      whole(request(
        nothing,
        "constructor: 1",
        "__proto__: 1",
        ...Array.from({ length: 50 }, (_, i) => `X-Header-${i}: value`)
      ))
    )
]

const bad: ReadonlyArray<(id: string) => Case> = [
  (id) => refused(id, "POST", [400, 405, 501], requestLine((target) => `POST ${target} HTTP/1.1`)),
  (id) => refused(id, "HTTP/1.0", [400, 426, 505], requestLine((target) => `GET ${target} HTTP/1.0`)),
  (id) => refused(id, "No Host", [400], request(/^Host/)),
  (id) => refused(id, "Host twice", [400], request(nothing, "Host: elsewhere.example")),
  (id) =>
    refused(
      id,
      "Version 12: the response names 13",
      [400, 426],
      request(/^Sec-WebSocket-Version/, "Sec-WebSocket-Version: 12"),
      {
        "sec-websocket-version": /\b13\b/
      }
    ),
  ...["13.0", "0xd", "013"].map((wrong) => (id: string) =>
    refused(id, `Version ${wrong}`, [400, 426], request(/^Sec-WebSocket-Version/, `Sec-WebSocket-Version: ${wrong}`))
  ),
  (id) => refused(id, "No version", [400, 426], request(/^Sec-WebSocket-Version/)),
  (id) => refused(id, "No key", [400], request(/^Sec-WebSocket-Key/)),
  (id) => refused(id, "A key of 15 octets", [400], withKey("AAAAAAAAAAAAAAAAAAAA")),
  (id) => refused(id, "A key that is not base64", [400], withKey("????????????????????==")),
  (id) => refused(id, "A key of 17 octets", [400], withKey("AAAAAAAAAAAAAAAAAAAAAAA=")),
  (id) => refused(id, "Two keys", [400], request(nothing, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")),
  (id) => refused(id, "Transfer-Encoding: chunked", [400, 501], request(nothing, "Transfer-Encoding: chunked")),
  (id) => refused(id, "Content-Length: 5", [400, 413], request(nothing, "Content-Length: 5")),
  (id) => refused(id, "A header of 128 KiB", [400, 431], request(nothing, `X-Long: ${"a".repeat(131072)}`)),
  (id) =>
    refused(
      id,
      "Two thousand headers",
      [400, 431],
      request(nothing, ...Array.from({ length: 2000 }, (_, i) => `X-Header-${i}: value`))
    ),
  (id) =>
    refused(
      id,
      "A target of 128 KiB",
      [400, 414, 431],
      requestLine((target) => `GET ${target}?${"a".repeat(131072)} HTTP/1.1`)
    ),
  (id) => refused(id, "A folded header", [400], request(nothing, "X-Folded: one", " two")),
  (id) => refused(id, "A blank before a colon", [400], request(nothing, "X-Blank : one")),
  (id) => refused(id, "NUL in a header", [400], request(nothing, "X-Nul: \0")),
  (id) =>
    refused(id, "Extensions that are no list of extensions", [400], request(nothing, "Sec-WebSocket-Extensions: a; =b"))
]

function withKey(key: string): Build {
  return request(/^Sec-WebSocket-Key/, `Sec-WebSocket-Key: ${key}`)
}

const pieces: ReadonlyArray<(id: string) => Case> = [
  (id) => opens(id, "server", "A request octet by octet", (facts) => octetByOctet(head(usual(facts))), { gap: 1 }),
  (id) =>
    opens(id, "server", "A request in two pieces, 300 ms apart", (facts) => {
      const text = head(usual(facts))
      return [text.slice(0, 40), text.slice(40)]
    }, { gap: 300 }),
  (id) =>
    opens(id, "server", "Two texts in the same write, behind the request", (facts) => [
      head(usual(facts)) + frame(true) + frame(true)
    ], { echoes: 2 }),
  (id) =>
    opens(id, "server", "A text behind the request, cut in its header", (facts) => [
      head(usual(facts)) + frame(true).slice(0, 1),
      frame(true).slice(1)
    ], { echoes: 1, gap: 50 })
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...numbered("14.1", good),
  ...numbered("14.2", bad),
  ...numbered("14.3", pieces)
]
