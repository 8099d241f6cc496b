/**
 * Chapter 14, beyond Autobahn: the opening handshake as a server has to read it (RFC 6455 §4.2, RFC 9112).
 *
 * @since 0.1.0
 */
import type { Case } from "./Case.js"
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

const good: ReadonlyArray<Case> = [
  opens("14.1.1", "server", "An ordinary request", whole(usual)),
  opens("14.1.2", "server", "Header names in lower case", (facts) => [head(usual(facts).map(lowerName))]),
  opens(
    "14.1.3",
    "server",
    "Connection: keep-alive, Upgrade",
    whole(request(/^Connection/, "Connection: keep-alive, Upgrade"))
  ),
  opens(
    "14.1.4",
    "server",
    "Connection in two lines",
    whole(request(/^Connection/, "Connection: keep-alive", "Connection: upgrade"))
  ),
  opens("14.1.5", "server", "Upgrade: WebSocket in capitals", whole(request(/^Upgrade/, "Upgrade: WEBSOCKET"))),
  opens("14.1.6", "server", "Upgrade: websocket, foo", whole(request(/^Upgrade/, "Upgrade: websocket, foo"))),
  opens("14.1.7", "server", "Content-Length: 0, which some clients send", whole(request(nothing, "Content-Length: 0"))),
  opens("14.1.8", "server", "Blanks and tabs around values", (facts) => [
    head(usual(facts).map((line, i) => i === 0 ? line : line.replace(": ", ":  \t")))
  ]),
  opens(
    "14.1.9",
    "server",
    "An extension that nobody knows",
    whole(request(nothing, "Sec-WebSocket-Extensions: x-unknown; a=1; b")),
    { extensions: /^$/ }
  ),
  opens(
    "14.1.10",
    "server",
    "Subprotocols that the server may choose from",
    whole(request(nothing, "Sec-WebSocket-Protocol: one, two")),
    { protocols: ["one", "two"] }
  ),
  opens(
    "14.1.11",
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

const bad: ReadonlyArray<Case> = [
  refused("14.2.1", "POST", [400, 405, 501], requestLine((target) => `POST ${target} HTTP/1.1`)),
  refused("14.2.2", "HTTP/1.0", [400, 426, 505], requestLine((target) => `GET ${target} HTTP/1.0`)),
  refused("14.2.3", "No Host", [400], request(/^Host/)),
  refused("14.2.4", "Host twice", [400], request(nothing, "Host: elsewhere.example")),
  refused(
    "14.2.5",
    "Version 12: the response names 13",
    [400, 426],
    request(/^Sec-WebSocket-Version/, "Sec-WebSocket-Version: 12"),
    {
      "sec-websocket-version": /\b13\b/
    }
  ),
  ...([["14.2.6", "13.0"], ["14.2.7", "0xd"], ["14.2.8", "013"]] as const).map(([id, wrong]) =>
    refused(id, `Version ${wrong}`, [400, 426], request(/^Sec-WebSocket-Version/, `Sec-WebSocket-Version: ${wrong}`))
  ),
  refused("14.2.9", "No version", [400, 426], request(/^Sec-WebSocket-Version/)),
  refused("14.2.10", "No key", [400], request(/^Sec-WebSocket-Key/)),
  refused("14.2.11", "A key of 15 bytes", [400], withKey("AAAAAAAAAAAAAAAAAAAA")),
  refused("14.2.12", "A key that is not base64", [400], withKey("????????????????????==")),
  refused("14.2.13", "A key of 17 bytes", [400], withKey("AAAAAAAAAAAAAAAAAAAAAAA=")),
  refused("14.2.14", "Two keys", [400], request(nothing, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")),
  refused("14.2.15", "Transfer-Encoding: chunked", [400, 501], request(nothing, "Transfer-Encoding: chunked")),
  refused("14.2.16", "Content-Length: 5", [400, 413], request(nothing, "Content-Length: 5")),
  refused("14.2.17", "A header of 128 KiB", [400, 431], request(nothing, `X-Long: ${"a".repeat(131072)}`)),
  refused(
    "14.2.18",
    "Two thousand headers",
    [400, 431],
    request(nothing, ...Array.from({ length: 2000 }, (_, i) => `X-Header-${i}: value`))
  ),
  refused(
    "14.2.19",
    "A target of 128 KiB",
    [400, 414, 431],
    requestLine((target) => `GET ${target}?${"a".repeat(131072)} HTTP/1.1`)
  ),
  refused("14.2.20", "A folded header", [400], request(nothing, "X-Folded: one", " two")),
  refused("14.2.21", "A blank before a colon", [400], request(nothing, "X-Blank : one")),
  refused("14.2.22", "NUL in a header", [400], request(nothing, "X-Nul: \0")),
  refused(
    "14.2.23",
    "Extensions that are no list of extensions",
    [400],
    request(nothing, "Sec-WebSocket-Extensions: a; =b")
  )
]

function withKey(key: string): Build {
  return request(/^Sec-WebSocket-Key/, `Sec-WebSocket-Key: ${key}`)
}

const pieces: ReadonlyArray<Case> = [
  opens("14.3.1", "server", "A request byte by byte", (facts) => octetByOctet(head(usual(facts))), { gap: 1 }),
  opens("14.3.2", "server", "A request in two pieces, 300 ms apart", (facts) => {
    const text = head(usual(facts))
    return [text.slice(0, 40), text.slice(40)]
  }, { gap: 300 }),
  opens("14.3.3", "server", "Two texts in the same write, behind the request", (facts) => [
    head(usual(facts)) + frame(true) + frame(true)
  ], { echoes: 2 }),
  opens("14.3.4", "server", "A text behind the request, cut in its header", (facts) => [
    head(usual(facts)) + frame(true).slice(0, 1),
    frame(true).slice(1)
  ], { echoes: 1, gap: 50 })
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [...good, ...bad, ...pieces]
