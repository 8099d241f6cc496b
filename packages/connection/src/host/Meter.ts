/**
 * What is counted of connections. In: what they do, as they do it. A host gives one to `Host.make`, or none: then there
 * is nobody to ask, and connections pay a comparison for each message.
 *
 * Values only. It knows no connection but by its identity. A host that wants to tell connections apart gives each one a `Host` with a
 * meter of its own.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type { Role } from "../CloseOutcome.js"

/**
 * A connection, as a meter sees it: always the same object for the same connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Metered {
  readonly role: Role
  /** Octets accepted that have not left yet. */
  readonly bufferedAmount: number
}

/**
 * Nothing here may throw.
 *
 * @since 0.1.0
 * @category models
 */
export interface Meter {
  /** So many octets were read: frames as they are on the wire. */
  readonly read: (octets: number) => void
  /** So many octets are given to the transport: frames as they are on the wire. */
  readonly written: (octets: number) => void
  /** So many whole messages were received. */
  readonly received: (messages: number) => void
  /** A message was accepted to be sent. */
  readonly sent: () => void
  /** The round trip of a ping, a user's or keepalive's. */
  readonly pinged: (roundTrip: Duration.Duration) => void
  /** Reading stops, until {@link Meter.resumed}: for what is unread, or until what was compressed is inflated. */
  readonly paused?: (why: "InboxFull" | "Inflating") => void
  readonly resumed?: () => void
  /** The outbox is full: who sends waits from now on, until {@link Meter.outboxRoom}. */
  readonly outboxFull?: () => void
  readonly outboxRoom?: () => void
  /** A connection is open no longer: a Close was sent or received, or the transport is gone. */
  readonly closing: (connection: Metered) => void
}
