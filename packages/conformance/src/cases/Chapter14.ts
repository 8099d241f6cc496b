/**
 * Chapters 14 and 15, beyond Autobahn: the opening handshake of a server (RFC 6455 §4.2, RFC 9112) and of a client (§4.1), written
 * octet by octet.
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { Case, HandshakeFacts } from "../Case.js"
import * as C from "../Case.js"
import { text } from "./words.js"

type Lines = ReadonlyArray<string>
type Build = (facts: HandshakeFacts) => Lines

const head = (lines: Lines): string => [...lines, "\r\n"].join("\r\n")

const upgrade: Lines = ["Upgrade: websocket", "Connection: Upgrade"]
const version = "Sec-WebSocket-Version: 13"

const usual: Build = ({ host, key, target }) => [
  `GET ${target} HTTP/1.1`,
  `Host: ${host}`,
  ...upgrade,
  `Sec-WebSocket-Key: ${key}`,
  version
]

/** The usual request, with some lines left out, and others added at the end. */
const request = (without: RegExp, ...more: Lines): Build => (facts) => [
  ...usual(facts).filter((line) => !without.test(line)),
  ...more
]

const nothing = /^$/

/** With another request line. */
const requestLine = (of: (target: string) => string): Build => (facts) => [of(facts.target), ...usual(facts).slice(1)]

const whole = (build: Build) => (facts: HandshakeFacts): Lines => [head(build(facts))]

interface Opens {
  readonly echoes?: number
  readonly protocols?: Lines
  readonly extensions?: RegExp
  readonly gap?: number
}

const opens = (
  id: string,
  peer: "client" | "server",
  description: string,
  write: (facts: HandshakeFacts) => Lines,
  { echoes = 0, extensions = /^/, gap = 0, protocols = [] }: Opens = {}
): Case =>
  C.make(
    id,
    description,
    "The connection opens, and messages come back",
    { _tag: "Handshake", write, gap, expected: { _tag: "Opens", echoes, protocols, extensions } },
    C.closedByMe,
    { peers: [peer] }
  )

const refused = (
  id: string,
  description: string,
  statuses: ReadonlyArray<number>,
  build: Build,
  headers: Readonly<Record<string, RegExp>> = {}
): Case =>
  C.make(
    id,
    description,
    `The response has the status ${statuses.join(" or ")}, and the stream ends`,
    { _tag: "Handshake", write: whole(build), gap: 0, expected: { _tag: "Refused", statuses, headers } },
    C.closedByMe,
    { peers: ["server"] }
  )

const fails = (id: string, description: string, write: (facts: HandshakeFacts) => Lines, gap = 0): Case =>
  C.make(
    id,
    description,
    "The client sends no data and ends the stream",
    { _tag: "Handshake", write, gap, expected: { _tag: "Fails" } },
    C.closedByMe,
    { peers: ["client"] }
  )

/** A text of 2 octets, as latin1; a client masks it. */
const frame = (masked: boolean): string => {
  const header = Frame.header(text, 2, { mask: masked ? 0x01020304 : undefined })
  return Buffer.from(Frame.encode({ header, payload: Buffer.from("hi") })).toString("latin1")
}

const octetByOctet = (whole: string): Lines => whole.split("")

const numbered = <Value>(section: string, of: ReadonlyArray<(id: string) => Value>): ReadonlyArray<Value> =>
  of.map((make, i) => make(`${section}.${i + 1}`))

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

const lowerName = (line: string, i: number): string =>
  i === 0 ? line : line.replace(/^[^:]+/, (name) => name.toLowerCase())

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
  (id) => refused(id, "A key whose last letter holds more than two bits", [400], withKey("AAAAAAAAAAAAAAAAAAAAAB==")),
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

const answered: Build = ({ accept }) => [
  "HTTP/1.1 101 Switching Protocols",
  ...upgrade,
  `Sec-WebSocket-Accept: ${accept}`
]

/** The usual response, with some lines left out, and others added at the end. */
const response = (without: RegExp, ...more: Lines): Build => (facts) => [
  ...answered(facts).filter((line) => !without.test(line)),
  ...more
]

const statusLine = (line: string): Build => (facts) => [line, ...answered(facts).slice(1)]

const goodAnswers: ReadonlyArray<(id: string) => Case> = [
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
    ], { echoes: 2 })
]

const badAnswers: ReadonlyArray<(id: string) => Case> = [
  (id) => fails(id, "200", (facts) => [head([...statusLine("HTTP/1.1 200 OK")(facts), "Content-Length: 0"])]),
  (id) =>
    fails(
      id,
      "401 with a body",
      (facts) => [`${head(["HTTP/1.1 401 Unauthorized", "Content-Length: 2", ...upgrade])}no${facts.key.slice(0, 0)}`]
    ),
  (id) => fails(id, "HTTP/1.0", whole(statusLine("HTTP/1.0 101 Switching Protocols"))),
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
  (id) => fails(id, "A folded header", whole(response(nothing, "X-Folded: one", " two"))),
  (id) => fails(id, "A header of 256 KiB", whole(response(nothing, `X-Long: ${"a".repeat(262144)}`)))
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...numbered("14.1", good),
  ...numbered("14.2", bad),
  ...numbered("14.3", pieces),
  ...numbered("15.1", goodAnswers),
  ...numbered("15.2", badAnswers)
]

const offer = (id: string, description: string, offers: string, extensions: RegExp): Case =>
  opens(id, "server", description, whole(request(nothing, `Sec-WebSocket-Extensions: ${offers}`)), { extensions })

const declined = /^$/
const deflate = "permessage-deflate"

const offered: ReadonlyArray<(id: string) => Case> = [
  (id) =>
    offer(
      id,
      "A bare offer: the answer has no client_max_window_bits",
      deflate,
      /^(permessage-deflate((?!client_max_window_bits).)*)?$/
    ),
  (id) =>
    offer(
      id,
      "client_max_window_bits without a value",
      `${deflate}; client_max_window_bits`,
      /^(permessage-deflate.*)?$/
    ),
  (id) => offer(id, "A value in quotes", `${deflate}; client_max_window_bits="10"`, /^(permessage-deflate.*)?$/),
  (id) =>
    offer(
      id,
      "server_no_context_takeover has to be answered",
      `${deflate}; server_no_context_takeover`,
      /^(permessage-deflate.*server_no_context_takeover.*)?$/
    ),
  (id) =>
    offer(
      id,
      "server_max_window_bits=9 has to be answered, with 9 or 8",
      `${deflate}; server_max_window_bits=9`,
      /^(permessage-deflate.*server_max_window_bits=[89].*)?$/
    ),
  (id) => offer(id, "server_max_window_bits=16 is declined", `${deflate}; server_max_window_bits=16`, declined),
  (id) => offer(id, "server_max_window_bits=7 is declined", `${deflate}; server_max_window_bits=7`, declined),
  (id) => offer(id, "server_max_window_bits=08 is declined", `${deflate}; server_max_window_bits=08`, declined),
  (id) =>
    offer(id, "server_max_window_bits without a value is declined", `${deflate}; server_max_window_bits`, declined),
  (id) =>
    offer(
      id,
      "A parameter with a value that takes none is declined",
      `${deflate}; client_no_context_takeover=1`,
      declined
    ),
  (id) => offer(id, "A parameter that nobody knows is declined", `${deflate}; unknown`, declined),
  (id) =>
    offer(
      id,
      "A parameter twice is declined",
      `${deflate}; server_no_context_takeover; server_no_context_takeover`,
      declined
    ),
  (id) =>
    offer(
      id,
      "The second offer is taken when the first cannot be",
      `${deflate}; unknown, ${deflate}; server_no_context_takeover`,
      /^(permessage-deflate.*server_no_context_takeover.*)?$/
    ),
  (id) => offer(id, "An unknown extension stands before it", `x-unknown, ${deflate}`, /^(permessage-deflate.*)?$/)
]

const answer = (id: string, description: string, value: string): Case =>
  fails(id, description, whole(response(nothing, `Sec-WebSocket-Extensions: ${value}`)))

const answers: ReadonlyArray<(id: string) => Case> = [
  (id) => answer(id, "A parameter that nobody knows", `${deflate}; unknown`),
  (id) => answer(id, "A parameter twice", `${deflate}; server_no_context_takeover; server_no_context_takeover`),
  (id) => answer(id, "server_max_window_bits=16", `${deflate}; server_max_window_bits=16`),
  (id) => answer(id, "server_max_window_bits=08", `${deflate}; server_max_window_bits=08`),
  (id) => answer(id, "server_max_window_bits without a value", `${deflate}; server_max_window_bits`),
  (id) => answer(id, "client_max_window_bits without a value", `${deflate}; client_max_window_bits`),
  (id) => answer(id, "server_no_context_takeover with a value", `${deflate}; server_no_context_takeover=1`),
  (id) => answer(id, "permessage-deflate twice", `${deflate}, ${deflate}`)
]

/**
 * 17.1 and 17.2: the negotiation of permessage-deflate (RFC 7692 §5, §7.1).
 *
 * @since 0.1.0
 * @category cases
 */
export const negotiation: ReadonlyArray<Case> = [...numbered("17.1", offered), ...numbered("17.2", answers)]
