/**
 * Opening handshakes written octet by octet, for the chapters that examine them: requests of a client (RFC 6455 §4.1), responses of
 * a server (§4.2.2), and the cases made of them.
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { Case, HandshakeFacts } from "./Case.js"
import * as C from "./Case.js"
import { text } from "./words.js"

export type Lines = ReadonlyArray<string>
export type Build = (facts: HandshakeFacts) => Lines

export const head = (lines: Lines): string => [...lines, "\r\n"].join("\r\n")

export const upgrade: Lines = ["Upgrade: websocket", "Connection: Upgrade"]
const version = "Sec-WebSocket-Version: 13"

export const usual: Build = ({ host, key, target }) => [
  `GET ${target} HTTP/1.1`,
  `Host: ${host}`,
  ...upgrade,
  `Sec-WebSocket-Key: ${key}`,
  version
]

/** The usual request, with some lines left out, and others added at the end. */
export const request = (without: RegExp, ...more: Lines): Build => (facts) => [
  ...usual(facts).filter((line) => !without.test(line)),
  ...more
]

export const nothing = /^$/

/** With another request line. */
export const requestLine =
  (of: (target: string) => string): Build => (facts) => [of(facts.target), ...usual(facts).slice(1)]

export const whole = (build: Build) => (facts: HandshakeFacts): Lines => [head(build(facts))]

export interface Opens {
  readonly echoes?: number
  readonly protocols?: Lines
  readonly extensions?: RegExp
  readonly gap?: number
}

export const opens = (
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

export const refused = (
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

export const fails = (id: string, description: string, write: (facts: HandshakeFacts) => Lines, gap = 0): Case =>
  C.make(
    id,
    description,
    "The client sends no data and ends the stream",
    { _tag: "Handshake", write, gap, expected: { _tag: "Fails" } },
    C.closedByMe,
    { peers: ["client"] }
  )

/** A text of 2 octets, as latin1; a client masks it. */
export const frame = (masked: boolean): string => {
  const header = Frame.header(text, 2, { mask: masked ? 0x01020304 : undefined })
  return Buffer.from(Frame.encode({ header, payload: Buffer.from("hi") })).toString("latin1")
}

export const octetByOctet = (whole: string): Lines => whole.split("")

export const answered: Build = ({ accept }) => [
  "HTTP/1.1 101 Switching Protocols",
  ...upgrade,
  `Sec-WebSocket-Accept: ${accept}`
]

/** The usual response, with some lines left out, and others added at the end. */
export const response = (without: RegExp, ...more: Lines): Build => (facts) => [
  ...answered(facts).filter((line) => !without.test(line)),
  ...more
]

export const statusLine = (line: string): Build => (facts) => [line, ...answered(facts).slice(1)]

export const lowerName = (line: string, i: number): string =>
  i === 0 ? line : line.replace(/^[^:]+/, (name) => name.toLowerCase())
