/**
 * The record of one connection as values: the opening handshake, the closing behavior, wire statistics and the wire log, with the names of
 * Autobahn's reports. In: nothing. Out: types, and how bytes are shown.
 *
 * The examiner fills one in for each case. `Json` and `ConnectionPage` show them. It judges nothing.
 *
 * @since 0.1.0
 */
import { decodeUtf8, isUtf8 } from "../internal/utf8.js"

/**
 * The thirteen facts of closing, in Autobahn's order, as seen by whoever keeps the record.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClosingFacts {
  readonly isServer: boolean
  /** We sent the first Close, also if we failed the connection. */
  readonly closedByMe: boolean
  /** We failed the connection (RFC 6455 §7.1.7). */
  readonly failedByMe: boolean
  /** We ended or cut the transport first. */
  readonly droppedByMe: boolean
  /** Both Closes were sent, and then the stream ended (RFC 6455 §7.1.4). */
  readonly wasClean: boolean
  /** Why it was not clean; `null` if it was. */
  readonly wasNotCleanReason: string | null
  /** The server did not end the stream after both Closes. */
  readonly wasServerConnectionDropTimeout: boolean
  readonly wasOpenHandshakeTimeout: boolean
  /** The peer did not answer our Close. */
  readonly wasCloseHandshakeTimeout: boolean
  /** `null` if there was no Close, or one without a code (which others report as 1005). */
  readonly localCloseCode: number | null
  /** `null` if there was none, or an empty one. */
  readonly localCloseReason: string | null
  readonly remoteCloseCode: number | null
  readonly remoteCloseReason: string | null
}

/**
 * The facts of a connection whose end was not seen.
 *
 * @since 0.1.0
 * @category constructors
 */
export const unclosed = (isServer: boolean): ClosingFacts => ({
  isServer,
  closedByMe: false,
  failedByMe: false,
  droppedByMe: false,
  wasClean: false,
  wasNotCleanReason: null,
  wasServerConnectionDropTimeout: false,
  wasOpenHandshakeTimeout: false,
  wasCloseHandshakeTimeout: false,
  localCloseCode: null,
  localCloseReason: null,
  remoteCloseCode: null,
  remoteCloseReason: null
})

/**
 * A record of the wire log, in Autobahn's format. Its first element says what it is: bytes (RO, TO) and frames (RF, TF) read and written;
 * waits begun and over (CT, CTE); timers that kill (KL, KLE) and close (TI, TIE); logging switched (WLM).
 *
 * @since 0.1.0
 * @category models
 */
export type WireRecord =
  | readonly ["RO", readonly [size: number, hex: string]]
  | readonly ["TO", readonly [size: number, hex: string], sync: boolean]
  | readonly [
    "RF",
    readonly [size: number, text: string],
    opcode: number,
    fin: boolean,
    rsv: number,
    masked: boolean,
    mask: string | null
  ]
  | readonly [
    "TF",
    readonly [size: number, text: string],
    opcode: number,
    fin: boolean,
    rsv: number,
    mask: string | null,
    repeat: number | null,
    chop: number | null,
    sync: boolean
  ]
  | readonly ["CT", seconds: number, tag: string | null]
  | readonly ["CTE", tag: string | null]
  | readonly ["KL", seconds: number]
  | readonly ["KLE"]
  | readonly ["TI", seconds: number]
  | readonly ["TIE"]
  | readonly ["WLM", on: boolean]

/**
 * A record and when it was made, in milliseconds since the connection began.
 *
 * @since 0.1.0
 * @category models
 */
export interface Timed {
  readonly at: number
  readonly record: WireRecord
}

/**
 * How often each size (in bytes) or opcode was seen.
 *
 * @since 0.1.0
 * @category models
 */
export type Counts = ReadonlyMap<number, number>

/**
 * Bytes of data messages in one direction: on the wire, as payload of frames, and before or after compression.
 *
 * @since 0.1.0
 * @category models
 */
export interface Traffic {
  readonly wire: number
  readonly webSocket: number
  readonly app: number
  readonly frames: number
  readonly messages: number
}

/**
 * Both directions, and the bytes of the opening handshake.
 *
 * @since 0.1.0
 * @category models
 */
export interface TrafficStatistics {
  readonly incoming: Traffic
  readonly outgoing: Traffic
  readonly preopen: { readonly incoming: number; readonly outgoing: number }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ConnectionRecord {
  /** When it began, in ISO 8601 and UTC. */
  readonly started: string
  /** Milliseconds from open to the end of the connection, or until now. */
  readonly duration: number
  readonly closing: ClosingFacts
  readonly httpRequest: string
  readonly httpResponse: string
  readonly wire: ReadonlyArray<Timed>
  /** Whether the log was on when the connection ended. */
  readonly wirelogOn: boolean
  readonly octetsIn: Counts
  readonly octetsOut: Counts
  readonly framesIn: Counts
  readonly framesOut: Counts
  /** `undefined` if it was not measured. */
  readonly traffic: TrafficStatistics | undefined
}

/** More than this many bytes are shortened in a report. */
const shownWhole = 60
/** And then so many of them are shown. */
const shownPrefix = 64

/**
 * How many bytes of a run of `size` are shown: a report need not keep more.
 *
 * @since 0.1.0
 * @category showing
 */
export const shownOf = (size: number): number => size > shownWhole ? Math.min(size, shownPrefix) : size

const more = (size: number): string => size > shownWhole ? " ..." : ""

/**
 * Shows a payload of `size` bytes, of which `octets` are the first: text if it is UTF-8, otherwise digits; a long one is cut.
 *
 * @example
 * import * as ConnectionRecord from "@effect-ws/codec/report/ConnectionRecord"
 *
 * ConnectionRecord.showPayload(Uint8Array.of(0x68, 0x69), 2) // "hi"
 * ConnectionRecord.showPayload(Uint8Array.of(0xff, 0x69), 2) // "0xff69"
 *
 * @since 0.1.0
 * @category showing
 */
export const showPayload = (octets: Uint8Array, size: number): string => {
  const end = Math.min(octets.length, shownOf(size))
  return (isUtf8(octets, 0, end) ? decodeUtf8(octets, 0, end) : `0x${hex(octets.subarray(0, end))}`) + more(size)
}

/**
 * Shows a run of `size` bytes in the wire log, of which `octets` are the first: digits; a long one is cut.
 *
 * @since 0.1.0
 * @category showing
 */
export const showOctets = (octets: Uint8Array, size: number): string =>
  hex(octets.subarray(0, shownOf(size))) + more(size)

/**
 * Shows a masking key in the log; `null` for an unmasked frame.
 *
 * @since 0.1.0
 * @category showing
 */
export const showMask = (mask: number | undefined): string | null =>
  mask === undefined ? null : mask.toString(16).padStart(8, "0")

/**
 * Two digits for each byte.
 *
 * @since 0.1.0
 * @category showing
 */
export const hex = (octets: Uint8Array): string => {
  let digits = ""
  for (const octet of octets) digits += octet.toString(16).padStart(2, "0")
  return digits
}
