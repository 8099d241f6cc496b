/**
 * The head of an HTTP/1.1 message (RFC 9112): bytes in any pieces <-> request or status line, and headers. In: what was carried over, and
 * new bytes. Out: a head and the bytes behind it, or the name of the rule that it breaks. And back: a head that could break out of its
 * line (CR, LF, NUL) is refused before anything is written.
 *
 * It is strict where leniency would let two readers of the same bytes differ: lines end in CRLF (a bare LF or CR is refused), no space
 * before a colon, no folded lines in a request (in a response they are joined, RFC 9112 §5.2). It is bounded, and linear however the
 * bytes are cut.
 *
 * It knows neither bodies nor the meaning of headers: see `ServerHandshake` and `ClientHandshake`. A long file: half of it is the table
 * of rules and their documentation.
 *
 * @since 0.1.0
 */
import type { Header, Headers } from "./HttpHeaders.js"
import { latin1, writeLatin1 } from "./internal/latin1.js"
import { isControl, isFieldText, isToken, trim } from "./internal/token.js"
import * as Options from "./Options.js"
import * as Primitives from "./Primitives.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface RequestHead {
  readonly method: string
  /** The target as in the request line: visible ASCII. */
  readonly target: string
  /** `1.1` of `HTTP/1.1`. */
  readonly version: string
  readonly headers: Headers
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ResponseHead {
  /** `1.1` of `HTTP/1.1`. */
  readonly version: string
  /** 100 to 999. */
  readonly status: number
  readonly reason: string
  readonly headers: Headers
}

/**
 * The limits of a head.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /** Bytes of the whole head, with the empty line: 1 to 2^31 - 1. */
  readonly octets: number
  /** Number of header lines: 1 to 65,535. */
  readonly headerLines: number
  /** Bytes of a request's target: 1 to 2^31 - 1. */
  readonly target: number
}

/**
 * 16 KiB, 100 header lines, a target of 8 KiB.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultLimits: Limits = { octets: 16384, headerLines: 100, target: 8192 }

/**
 * The rules for the limits, for `Options.read`. {@link feed} does not check them.
 *
 * @since 0.1.0
 * @category options
 */
export const options: Options.Table<Limits> = {
  octets: Options.integer({ least: 1, unit: "bytes", default: defaultLimits.octets }),
  headerLines: Options.integer({ least: 1, most: 65_535, unit: "lines", default: defaultLimits.headerLines }),
  target: Options.integer({ least: 1, unit: "bytes", default: defaultLimits.target })
}

/**
 * What is carried from one read to the next. It is a value: feeding it does not change it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Carry<Head> {
  readonly syntax: Syntax<Head>
  readonly limits: Limits
  /** The bytes so far, of which `size` belong to this carry; see {@link append}. */
  readonly store: Store
  readonly size: number
  /** The size of the current line. */
  readonly lineSize: number
  readonly afterReturn: boolean
  readonly headerLines: number
  /** The start line, once it has arrived: a head that still needs its headers. */
  readonly withHeaders: ((headers: Headers) => Head) | undefined
}

interface Syntax<Head> {
  /** Whether to ignore empty lines before the start line, as servers should (RFC 9112 §2.2). */
  readonly emptyLinesFirst: boolean
  /** Whether a line that begins with a space continues the one before it, as for clients (RFC 9112 §5.2). */
  readonly joinsFolded: boolean
  readonly maxStartLine: number
  readonly startLine: (line: string, limits: Limits) => ((headers: Headers) => Head) | RuleName
}

interface Store {
  octets: Uint8Array
  used: number
}

/**
 * The three results of {@link feed}.
 *
 * @since 0.1.0
 * @category models
 */
export type Step<Head> =
  | { readonly _tag: "NeedMore"; readonly carry: Carry<Head> }
  /** `rest` is what came after the head, a view of the bytes given last: for a WebSocket, its first frames. */
  | { readonly _tag: "Head"; readonly head: Head; readonly rest: Uint8Array }
  | { readonly _tag: "Problem"; readonly rule: RuleName }

/**
 * The state before the first byte of a request.
 *
 * @since 0.1.0
 * @category constructors
 */
export const request = (limits: Limits = defaultLimits): Carry<RequestHead> =>
  start(limits, {
    emptyLinesFirst: true,
    joinsFolded: false,
    maxStartLine: limits.target + maxAroundTarget,
    startLine: requestLine
  })

/**
 * The state before the first byte of a response.
 *
 * @since 0.1.0
 * @category constructors
 */
export const response = (limits: Limits = defaultLimits): Carry<ResponseHead> =>
  start(limits, { emptyLinesFirst: false, joinsFolded: true, maxStartLine: limits.octets, startLine: statusLine })

/** A method (the longest registered one has 17 letters), two spaces and the version fit in it. */
const maxAroundTarget = 64

const start = <Head>(limits: Limits, syntax: Syntax<Head>): Carry<Head> => ({
  syntax,
  limits,
  store: { octets: noOctets, used: 0 },
  size: 0,
  lineSize: 0,
  afterReturn: false,
  headerLines: 0,
  withHeaders: undefined
})

/**
 * Takes the next bytes of a head. The result depends on the bytes alone, never on how they were cut.
 *
 * @example
 * import * as HttpHead from "@effect-ws/codec/HttpHead"
 *
 * const octets = Uint8Array.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n", (char) => char.charCodeAt(0))
 * const step = HttpHead.feed(HttpHead.request(), octets)
 * if (step._tag === "Head") step.head.headers // [["Host", "a"]]
 *
 * @since 0.1.0
 * @category parsing
 */
export const feed = <Head>(carry: Carry<Head>, octets: Uint8Array): Step<Head> => {
  const { limits, syntax } = carry
  let { afterReturn, headerLines, lineSize, withHeaders } = carry
  const end = Math.min(octets.length, limits.octets - carry.size)
  for (let i = 0; i < end; i++) {
    const octet = octets[i] ?? 0
    if (octet === lineFeed) {
      if (!afterReturn) return problem("BareLineFeed")
      afterReturn = false
      if (withHeaders === undefined) {
        if (lineSize > 0) {
          const line = syntax.startLine(textOf(carry, octets, i - 1), limits)
          if (typeof line === "string") return problem(line)
          withHeaders = line
        } else if (!syntax.emptyLinesFirst) return problem("StartLineMalformed")
      } else if (lineSize === 0) {
        const headers = headerFields(textOf(carry, octets, i - 1), syntax.joinsFolded)
        return typeof headers === "string"
          ? problem(headers)
          : { _tag: "Head", head: withHeaders(headers), rest: octets.subarray(i + 1) }
      } else if (++headerLines > limits.headerLines) return problem("TooManyHeaders")
      lineSize = 0
    } else if (afterReturn) return problem("BareCarriageReturn")
    else if (octet === carriageReturn) afterReturn = true
    else if (isControl(octet)) return problem("ControlOctet")
    else if (++lineSize > syntax.maxStartLine && withHeaders === undefined) return problem("TargetTooLong")
  }
  const size = carry.size + end
  if (size >= limits.octets) return problem("HeadTooLarge")
  const store = append(carry, octets)
  return { _tag: "NeedMore", carry: { ...carry, store, size, lineSize, afterReturn, headerLines, withHeaders } }
}

const problem = (rule: RuleName): { readonly _tag: "Problem"; readonly rule: RuleName } => ({ _tag: "Problem", rule })

/** All text so far, without empty lines before the start line. */
const textOf = <Head>(carry: Carry<Head>, octets: Uint8Array, end: number): string => {
  // `end` is -1 when the CR of this line was the last byte carried.
  const text = latin1(carry.store.octets, Math.min(carry.size, carry.size + end)) + latin1(octets, end)
  let from = 0
  while (text.startsWith("\r\n", from)) from += 2
  return text.slice(from)
}

/**
 * Adds to the store in place, if nobody has added to it since this carry was made, and to a copy otherwise: so a carry
 * is a value, and feeding bytes one by one is linear.
 */
const append = <Head>(carry: Carry<Head>, added: Uint8Array): Store => {
  const size = carry.size + added.length
  let store = carry.store
  if (store.used !== carry.size || store.octets.length < size) {
    const octets = new Uint8Array(Math.max(256, 2 * size))
    octets.set(store.octets.subarray(0, carry.size))
    store = { octets, used: carry.size }
  }
  store.octets.set(added, carry.size)
  store.used = size
  return store
}

/** `method SP target SP HTTP/d.d` (RFC 9112 §3). */
const requestLine = (line: string, limits: Limits): ((headers: Headers) => RequestHead) | RuleName => {
  const [method = "", target = "", protocol = "", ...more] = line.split(" ")
  const version = versionOf(protocol)
  if (more.length > 0 || version === undefined || !isToken(method) || !isVisible(target)) return "StartLineMalformed"
  return target.length > limits.target
    ? "TargetTooLong"
    : (headers) => ({ method, target, version, headers })
}

/** `HTTP/d.d SP ddd SP [reason]` (RFC 9112 §4); the second space may lack, as it does on many servers. */
const statusLine = (line: string): ((headers: Headers) => ResponseHead) | RuleName => {
  const version = versionOf(line.slice(0, 8))
  const digits = line.slice(9, 12)
  const reason = line.slice(13)
  const spaced = line[8] === " " && (line.length === 12 || line[12] === " ")
  if (version === undefined || !spaced || !/^[1-9][0-9]{2}$/.test(digits)) return "StartLineMalformed"
  return (headers) => ({ version, status: Number(digits), reason, headers })
}

const versionOf = (protocol: string): string | undefined =>
  /^HTTP\/[0-9]\.[0-9]$/.test(protocol) ? protocol.slice(5) : undefined

/** Of all text before the empty line, the start line included. */
const headerFields = (text: string, joinsFolded: boolean): Headers | RuleName => {
  const headers: Array<Header> = []
  const lines = text.split("\r\n")
  for (const line of lines.slice(1, -1)) {
    if (line.startsWith(" ") || line.startsWith("\t")) {
      const last = headers.pop()
      if (!joinsFolded || last === undefined) return "FoldedHeader"
      headers.push([last[0], joined(last[1], trim(line))])
      continue
    }
    const colon = line.indexOf(":")
    const name = line.slice(0, Math.max(colon, 0))
    if (!isToken(name)) return "HeaderNameMalformed"
    headers.push([name, trim(line.slice(colon + 1))])
  }
  return headers
}

/** RFC 9112 §5.2: where a line was folded, the value has a space. */
const joined = (value: string, more: string): string => value === "" || more === "" ? value + more : `${value} ${more}`

/**
 * Why a head must not be written, and which part is at fault.
 *
 * @since 0.1.0
 * @category models
 */
export interface EncodeProblem {
  readonly _tag: "Problem"
  readonly rule: EncodeRuleName
  /** The offending part, or the name of the header. It may contain any character: print it with care. */
  readonly part: string
}

/**
 * The bytes of a head, or why there are none.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoded = { readonly _tag: "Encoded"; readonly octets: Uint8Array } | EncodeProblem

/**
 * Writes a request's head.
 *
 * @example
 * import * as HttpHead from "@effect-ws/codec/HttpHead"
 *
 * HttpHead.encodeRequest({ method: "GET", target: "/\r\nX: y", version: "1.1", headers: [] })
 * // { _tag: "Problem", rule: "TargetInvalid", part: "/\r\nX: y" }
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeRequest = (head: RequestHead): Encoded => {
  const { headers, method, target, version } = head
  if (!isToken(method)) return { _tag: "Problem", rule: "MethodInvalid", part: method }
  if (!isVisible(target)) return { _tag: "Problem", rule: "TargetInvalid", part: target }
  return encode(`${method} ${target} HTTP/`, version, "", headers)
}

/**
 * Writes a response's head. The status is 100 to 999.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeResponse = (
  head: ResponseHead,
  { allocate }: Pick<Primitives.Primitives, "allocate"> = Primitives.plain
): Encoded => {
  const { headers, reason, status, version } = head
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    return { _tag: "Problem", rule: "StatusInvalid", part: String(status) }
  }
  if (!isFieldText(reason)) return { _tag: "Problem", rule: "ReasonInvalid", part: reason }
  return encode("HTTP/", version, ` ${status} ${reason}`, headers, allocate)
}

const encode = (
  before: string,
  version: string,
  after: string,
  headers: Headers,
  allocate: Primitives.Primitives["allocate"] = Primitives.plain.allocate
): Encoded => {
  if (!/^[0-9]\.[0-9]$/.test(version)) return { _tag: "Problem", rule: "VersionInvalid", part: version }
  const invalid = checkHeaders(headers)
  if (invalid !== undefined) return invalid
  let text = `${before}${version}${after}\r\n`
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`
  text += "\r\n"
  return { _tag: "Encoded", octets: writeLatin1(text, allocate(text.length)) }
}

/**
 * Returns the first header line that must not be written, if any: its name is not a token, or its value contains a control character
 * (such as CR, LF or NUL) or one beyond Latin-1.
 *
 * @since 0.1.0
 * @category encoding
 */
export const checkHeaders = (headers: Headers): EncodeProblem | undefined => {
  for (const [name, value] of headers) {
    if (!isToken(name)) return { _tag: "Problem", rule: "HeaderNameInvalid", part: name }
    if (!isFieldText(value)) return { _tag: "Problem", rule: "HeaderValueInvalid", part: name }
  }
  return undefined
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const noOctets = new Uint8Array(0)

const isVisible = (text: string): boolean => /^[\x21-\x7e]+$/.test(text)

/**
 * The rules for reading a head, each with the status that a server answers to a breach.
 *
 * @since 0.1.0
 * @category rules
 */
export const rules = {
  HeadTooLarge: { status: 431, rfc: "6585 §5", says: "the head must not exceed the receiver's limit" },
  TooManyHeaders: { status: 431, rfc: "6585 §5", says: "the header lines must not exceed the receiver's limit" },
  TargetTooLong: { status: 414, rfc: "9112 §3", says: "the target must not exceed the receiver's limit" },
  StartLineMalformed: {
    status: 400,
    rfc: "9112 §3, §4",
    says: "a head must begin with a request line or a status line"
  },
  BareLineFeed: { status: 400, rfc: "9112 §2.2", says: "a line must end in CR LF, not in LF alone" },
  BareCarriageReturn: { status: 400, rfc: "9112 §2.2", says: "CR must be followed by LF" },
  ControlOctet: { status: 400, rfc: "9110 §5.5", says: "a head must not contain control characters" },
  FoldedHeader: { status: 400, rfc: "9112 §5.2", says: "a header line must not be folded or begin with a space" },
  HeaderNameMalformed: {
    status: 400,
    rfc: "9112 §5.1",
    says: "a header name must be a token, followed directly by a colon"
  }
} as const satisfies Record<string, { readonly status: number; readonly rfc: string; readonly says: string }>

/**
 * @since 0.1.0
 * @category models
 */
export type RuleName = keyof typeof rules

/**
 * The rules for writing a head.
 *
 * @since 0.1.0
 * @category rules
 */
export const encodeRules = {
  MethodInvalid: { rfc: "9110 §9.1", says: "a method must be a token" },
  TargetInvalid: { rfc: "9112 §3.2", says: "a target must be visible ASCII without spaces" },
  VersionInvalid: { rfc: "9112 §2.3", says: "a version must be two digits with a dot between" },
  StatusInvalid: { rfc: "9110 §15", says: "a status must have three digits" },
  ReasonInvalid: { rfc: "9112 §4", says: "a reason must not contain control characters, or any beyond Latin-1" },
  HeaderNameInvalid: {
    rfc: "9110 §5.1",
    says: "a header must be a name and a value, and the name a token: letters, digits and some signs, no space or colon"
  },
  HeaderValueInvalid: {
    rfc: "9110 §5.5",
    says: "a header value must be a string without control characters, and without any beyond Latin-1"
  }
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>

/**
 * @since 0.1.0
 * @category models
 */
export type EncodeRuleName = keyof typeof encodeRules
