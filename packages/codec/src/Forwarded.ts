/**
 * What reverse proxies say about the client: `Forwarded` (RFC 7239), and `X-Forwarded-For`, `-Host`, `-Port` and `-Proto`. In: which of
 * these headers a proxy is known to set, and a request's headers. Out: address, host, port and scheme, where the headers have them.
 *
 * Anybody can write these headers. So only those that the policy names are read, and of a list only the element that the outermost
 * trusted proxy has added. What is malformed is ignored.
 *
 * It does not know who sent the request; see `trustProxy` of `NodeWebSocketServer`.
 *
 * @since 0.1.0
 */
import type { Headers } from "./HttpHeaders.js"
import * as HttpHeaders from "./HttpHeaders.js"
import { normalize } from "./internal/address.js"
import { spaceEnd, tokenEnd } from "./internal/token.js"
import * as Origin from "./Origin.js"

/**
 * @since 0.1.0
 * @category models
 */
export type HeaderName =
  | "forwarded"
  | "x-forwarded-for"
  | "x-forwarded-host"
  | "x-forwarded-port"
  | "x-forwarded-proto"

/**
 * Which headers are trusted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /** The headers that the proxy sets or extends in every request. `forwarded` takes precedence over the others. */
  readonly headers: ReadonlyArray<HeaderName>
  /**
   * How many proxies are chained: at least 1. Each appends one element to a list, so the client is that many from its end. In a shorter
   * list the first element counts.
   */
  readonly hops: number
}

/**
 * Trusts no header.
 *
 * @since 0.1.0
 * @category constants
 */
export const nothing: Policy = { headers: [], hops: 1 }

/**
 * What the headers say; `undefined` for what they do not.
 *
 * @since 0.1.0
 * @category models
 */
export interface Told {
  /** The client's IP address in canonical form (RFC 5952), without a port. */
  readonly address: string | undefined
  /** The host that the client asked for, with or without a port. */
  readonly host: string | undefined
  /** The port that the client asked for. */
  readonly port: number | undefined
  /** Whether the client came over TLS. */
  readonly secure: boolean | undefined
}

/**
 * Reads the trusted headers.
 *
 * @example
 * import * as Forwarded from "@effect-ws/codec/Forwarded"
 *
 * const policy: Forwarded.Policy = { headers: ["x-forwarded-for"], hops: 1 }
 * // The client wrote the first address itself; the proxy has added the second.
 * Forwarded.read(policy, [["X-Forwarded-For", "10.0.0.1, 192.0.2.7"]]).address // "192.0.2.7"
 *
 * @since 0.1.0
 * @category parsing
 */
export const read = ({ headers: trusted, hops }: Policy, headers: Headers): Told => {
  if (trusted.length === 0) return untold
  const standard = trusted.includes("forwarded")
    ? at(parse(HttpHeaders.values(headers, "forwarded").join(",")), hops)
    : undefined
  const element = (name: HeaderName): string | undefined =>
    trusted.includes(name) ? at(HttpHeaders.elements(headers, name), hops) : undefined
  return {
    address: parseNode(standard?.get("for") ?? element("x-forwarded-for")),
    host: parseHost(standard?.get("host") ?? element("x-forwarded-host")),
    port: parsePort(element("x-forwarded-port")),
    secure: parseScheme(standard?.get("proto") ?? element("x-forwarded-proto"))
  }
}

/**
 * The host, with or without a port, that the client asked for; `host` is that of the request. `X-Forwarded-Port` is used only if the host
 * has no port.
 *
 * @since 0.1.0
 * @category parsing
 */
export const authority = (told: Told, host: string): string => {
  const asked = told.host ?? host
  return told.port === undefined || /:[0-9]*$/.test(asked) ? asked : `${asked}:${told.port}`
}

/**
 * What is known if no header says anything.
 *
 * @since 0.1.0
 * @category constants
 */
export const untold: Told = { address: undefined, host: undefined, port: undefined, secure: undefined }

const at = <A>(list: ReadonlyArray<A>, hops: number): A | undefined => list[Math.max(0, list.length - hops)]

/** An address and perhaps a port; RFC 7239 §6.3 has names in place of addresses, which say nothing to us. */
const parseNode = (node: string | undefined): string | undefined => {
  if (node === undefined) return undefined
  const match = /^(?:\[([^\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?$/.exec(node)
  return normalize(match?.[1] ?? match?.[2] ?? node)
}

const parseHost = (host: string | undefined): string | undefined =>
  host === undefined || Origin.parseAuthority(host, []) === undefined ? undefined : host

const parsePort = (port: string | undefined): number | undefined =>
  port !== undefined && /^[0-9]{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65535
    ? Number(port)
    : undefined

const parseScheme = (scheme: string | undefined): boolean | undefined => {
  if (scheme === undefined) return undefined
  if (/^(?:https|wss)$/i.test(scheme)) return true
  return /^(?:http|ws)$/i.test(scheme) ? false : undefined
}

const comma = 0x2c
const semicolon = 0x3b
const equals = 0x3d
const quote = 0x22
const backslash = 0x5c

type Element = ReadonlyMap<string, string>

/**
 * RFC 7239 §4, in one pass; of what is malformed, nothing. An element lost would move all others by one hop.
 */
const parse = (text: string): ReadonlyArray<Element> => {
  const elements: Array<Element> = []
  let element = new Map<string, string>()
  let i = spaceEnd(text, 0)
  while (i < text.length) {
    const nameEnd = tokenEnd(text, i)
    if (nameEnd > i) {
      if (text.charCodeAt(nameEnd) !== equals) return []
      const value = text.charCodeAt(nameEnd + 1) === quote ? quoted(text, nameEnd + 2) : plain(text, nameEnd + 1)
      const name = text.slice(i, nameEnd).toLowerCase()
      if (value === undefined || element.has(name)) return []
      element.set(name, value.text)
      i = spaceEnd(text, value.end)
    }
    const separator = text.charCodeAt(i)
    if (separator === comma || i >= text.length) {
      if (element.size > 0) elements.push(element)
      element = new Map()
    } else if (separator !== semicolon) {
      return []
    }
    i = spaceEnd(text, i + 1)
  }
  if (element.size > 0) elements.push(element)
  return elements
}

interface Value {
  readonly text: string
  readonly end: number
}

const plain = (text: string, start: number): Value | undefined => {
  const end = tokenEnd(text, start)
  return end === start ? undefined : { text: text.slice(start, end), end }
}

const quoted = (text: string, start: number): Value | undefined => {
  let value = ""
  for (let i = start; i < text.length; i++) {
    if (text.charCodeAt(i) === quote) return { text: value, end: i + 1 }
    if (text.charCodeAt(i) === backslash) i++
    value += text.charAt(i)
  }
  return undefined
}
