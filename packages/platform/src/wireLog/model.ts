/** What `WireLog` gives: types only. The facade exports them. */
import type { Header } from "@effect-ws/codec/Frame"
import type { ConnectionRecord } from "@effect-ws/codec/report/ConnectionRecord"
import type { CloseOutcome, Role } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"

/**
 * A connection that has just opened, of which it is to be said whether it is recorded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Candidate {
  readonly role: Role
  /** The peer: of a server's connection its address, if it is known; of a client's the host and port that it asked for. */
  readonly peer: string | undefined
  /** What was agreed on, and the peer's header lines. */
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
  /** What was asked for, without its query, and cut. */
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
  /** Octets on the wire, frames and compression included. */
  readonly octetsIn: number
  readonly octetsOut: number
  /** Milliseconds that the last ping took to be answered. */
  readonly latency: number | undefined
  /** Octets accepted that have not left. */
  readonly buffered: number
  /** What is waited for now; of connections that are recorded. */
  readonly waitsFor: ReadonlyArray<Wait["for"]>
  readonly isRecorded: boolean
}

/**
 * A ping that was answered: when, and how long that took, in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ping {
  readonly at: number
  readonly roundTrip: number
}

/**
 * What waited, on what: `InboxFull` and `Inflating` keep us from reading, `OutboxFull` keeps who sends waiting, and `Transport` is over its mark:
 * the peer, or the network, takes octets more slowly than they are written. Times are in milliseconds since the connection
 * opened; a wait that has no `duration` was not over.
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
  /** The last of them, and how many there were. */
  readonly pings: ReadonlyArray<Ping>
  readonly pingCount: number
  readonly waits: ReadonlyArray<Wait>
  readonly waitCount: number
  /** How many records of the log were left out, behind its first ones. */
  readonly leftOut: number
  /** How many octets of each payload were kept. */
  readonly payloadSize: number
  /** What was kept of the octets. For {@link Report}'s capture. */
  readonly kept: Kept
}

/**
 * Octets that went by in one go, or a frame that they completed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  readonly kind: "RO" | "TO" | "RF" | "TF"
  /** Milliseconds since the connection opened. */
  readonly at: number
  /** Where its octets begin, from the first one of their direction. */
  readonly offset: number
  /** Of a run, its octets; of a frame, those of its payload. */
  readonly size: number
  /** Of a frame. */
  readonly header: Header | undefined
  /** Of a frame, what is kept of its payload, as it was on the wire. */
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
