/**
 * The opening handshake as a report may show it. In: heads, or their bytes. Out: their text, in which every value that may hold a secret is
 * `<redacted>`: all headers except those known to hold none; all values of a query; and all subprotocols that a client offers except the
 * agreed one, since some clients send a token there.
 */
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import { excerpt } from "../logging/boundedCause.js"

export const redacted = "<redacted>"

/** Headers without secrets: those of the opening handshake (RFC 6455 §11.3), and those that say what a peer is. */
const harmless: ReadonlySet<string> = new Set([
  "host",
  "upgrade",
  "connection",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-version",
  "origin",
  "user-agent",
  "server",
  "date",
  "pragma",
  "cache-control",
  "accept",
  "accept-encoding",
  "accept-language",
  "content-length",
  "content-type",
  "retry-after",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "traceparent"
])

export interface Shown {
  /** Lower case: shown, too. */
  readonly headers: ReadonlySet<string>
  readonly subprotocol: string | undefined
}

/** A request or a response. */
export interface Head {
  readonly startLine: string
  readonly headers: Headers
}

/** Parses a head that we wrote: its bytes are legal. */
export const parse = (octets: Uint8Array): Head => {
  let text = ""
  for (const octet of octets) text += String.fromCharCode(octet)
  const [startLine = "", ...lines] = text.split("\r\n").filter((line) => line !== "")
  return {
    startLine,
    headers: lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()])
  }
}

/** A head of HTTP/2, from its fields, as in HTTP/1.1. */
export const ofFields = (fields: Headers): Head => {
  const valueOf = (name: string): string => HttpHeaders.first(fields, name) ?? ""
  const headers = fields.filter(([name]) => !name.startsWith(":"))
  return HttpHeaders.count(fields, ":status") > 0
    ? { startLine: `HTTP/2 ${valueOf(":status")}`, headers }
    : {
      startLine: `${valueOf(":method")} ${valueOf(":path")} HTTP/2`,
      headers: [["host", valueOf(":authority")], ...headers]
    }
}

/** With CR and LF, and the empty line at its end. */
export const show = ({ headers, startLine }: Head, shown: Shown): string => {
  const lines = headers.slice(0, mostLines).map(([name, value]) =>
    `${cut(name)}: ${cut(shownValue(name, value, shown))}`
  )
  if (headers.length > mostLines) lines.push(`(${headers.length - mostLines} lines more)`)
  return [cut(shownStart(startLine)), ...lines, "", ""].join("\r\n")
}

const shownValue = (name: string, value: string, { headers, subprotocol }: Shown): string => {
  const key = name.toLowerCase()
  if (headers.has(key) || harmless.has(key)) return value
  return key === "sec-websocket-protocol"
    ? value.split(",").map((one) => one.trim() === subprotocol ? one : one.replace(/\S+/, redacted)).join(",")
    : redacted
}

/** A target without the values of its query. */
const target = (whole: string): string => {
  const [path = "", ...query] = whole.split("?")
  if (query.length === 0) return whole
  const values = query.join("?").split("&").map((pair) => {
    const equals = pair.indexOf("=")
    return equals < 0 ? (pair === "" ? "" : redacted) : `${pair.slice(0, equals)}=${redacted}`
  })
  return `${path}?${values.join("&")}`
}

/** Of a request, the target without the values of its query. */
const shownStart = (startLine: string): string => {
  const [method = "", asked = "", ...version] = startLine.split(" ")
  return method.startsWith("HTTP/") ? startLine : [method, target(asked), ...version].join(" ")
}

/** How many bytes a head takes on the wire. */
export const sizeOf = ({ headers, startLine }: Head): number =>
  headers.reduce((size, [name, value]) => size + name.length + value.length + 4, startLine.length + 4)

const mostLines = 100

const cut = (text: string): string => excerpt(text, mostOfLine)

const mostOfLine = 512
