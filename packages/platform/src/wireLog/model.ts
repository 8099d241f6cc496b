/** The types of what `WireLog` gives. It exports them. */
import type { Header } from "@effect-ws/codec/Frame"
import type { ConnectionRecord } from "@effect-ws/codec/report/ConnectionRecord"
import type { CloseOutcome, Role } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"

/**
 * A connection that has just opened, to decide whether it is recorded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Candidate {
  readonly role: Role
  /** The peer: for a server, its address, if known; for a client, the host and port that it asked for. */
  readonly peer: string | undefined
  /** What the opening handshake agreed on, and the peer's header lines. */
  readonly opening: Connection.Opening
}

/**
 * What names a connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Identity {
  /** "1" for the first connection of the layer, and so on. */
  readonly id: string
  readonly role: Role
  readonly peer: string | undefined
  /** The path that was asked for, without its query, and cut. */
  readonly path: string
  readonly subprotocol: string | undefined
  readonly extensions: string
  /** Milliseconds since 1970. */
  readonly openedAt: number
}

/**
 * An open connection, recorded or not.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenConnection extends Identity {
  /** Milliseconds. */
  readonly age: number
  readonly messagesIn: number
  readonly messagesOut: number
  /** Bytes on the wire, with frame headers and after compression. */
  readonly octetsIn: number
  readonly octetsOut: number
  /** The round trip of the last answered ping, in milliseconds. */
  readonly latency: number | undefined
  /** Bytes accepted and not yet sent. */
  readonly buffered: number
  /** What it waits for now, if the connection is recorded. */
  readonly waitsFor: ReadonlyArray<Wait["for"]>
  readonly isRecorded: boolean
}

/**
 * An answered ping: when the pong came, and the round trip, in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ping {
  readonly at: number
  readonly roundTrip: number
}

/**
 * A wait, and its reason: `InboxFull` and `Inflating` stop our reading; `OutboxFull` makes senders wait; with `Transport`, the transport
 * is over its mark, because the peer or the network takes bytes more slowly than we write. Times are in milliseconds since the
 * connection opened; a wait without a `duration` is not over.
 *
 * @since 0.1.0
 * @category models
 */
export interface Wait {
  readonly for: "InboxFull" | "Inflating" | "OutboxFull" | "Transport"
  readonly at: number
  readonly duration: number | undefined
}

/**
 * The record of a connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report extends Identity {
  /** How it ended; `undefined` while it is open. */
  readonly outcome: CloseOutcome | undefined
  /** The opening handshake with credentials redacted, closing behavior, statistics and wire log. */
  readonly record: ConnectionRecord
  /** The last pings, and how many there were in all. */
  readonly pings: ReadonlyArray<Ping>
  readonly pingCount: number
  readonly waits: ReadonlyArray<Wait>
  readonly waitCount: number
  /** How many records of the log were left out, after its first ones. */
  readonly leftOut: number
  /** How many bytes of each payload were kept. */
  readonly payloadSize: number
  /** The bytes that were kept, for the capture. */
  readonly kept: Kept
}

/**
 * Bytes that went by at once, or a frame that they completed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  readonly kind: "RO" | "TO" | "RF" | "TF"
  /** Milliseconds since the connection opened. */
  readonly at: number
  /** Where its bytes begin, counted from the first in their direction. */
  readonly offset: number
  /** The number of bytes; for a frame, that of its payload. */
  readonly size: number
  /** The header, if this is a frame. */
  readonly header: Header | undefined
  /** What is kept of a frame's payload, as it was on the wire. */
  readonly payload: Uint8Array
}

/**
 * What a capture is made of.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kept {
  readonly entries: ReadonlyArray<Entry>
  /** Beginnings of frames that were not complete, by direction. */
  readonly rests: ReadonlyArray<{ readonly isReceived: boolean; readonly offset: number; readonly octets: Uint8Array }>
}

/**
 * A report in a line.
 *
 * @since 0.1.0
 * @category models
 */
export interface Summary extends Identity {
  readonly endedAt: number | undefined
  readonly outcome: CloseOutcome | undefined
}

/**
 * How many connections ended in which way, in one minute.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutcomeCounts {
  /** When the minute began, in milliseconds since 1970. */
  readonly minute: number
  readonly counts: Readonly<Record<CloseOutcome["_tag"], number>>
}
