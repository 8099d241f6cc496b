/**
 * Counts what connections do. In: what they do, as they do it. A host may give one to `Host.make`; without one, connections pay only a
 * comparison for each message.
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
  /** Bytes accepted and not yet sent. */
  readonly bufferedAmount: number
}

/**
 * Nothing here may throw.
 *
 * @since 0.1.0
 * @category models
 */
export interface Meter {
  /** So many bytes were read: frames as on the wire. */
  readonly read: (octets: number) => void
  /** So many bytes were given to the transport: frames as on the wire. */
  readonly written: (octets: number) => void
  /** So many whole messages were received. */
  readonly received: (messages: number) => void
  /** A message was accepted to be sent. */
  readonly sent: () => void
  /** A ping of the user or of keepalive was answered, after this round trip. */
  readonly pinged: (roundTrip: Duration.Duration) => void
  /** Reading stops until {@link Meter.resumed}: because messages are unread, or compressed bytes are not inflated yet. */
  readonly paused?: (why: "InboxFull" | "Inflating") => void
  readonly resumed?: () => void
  /** The outbox is full: senders wait from now on, until {@link Meter.outboxRoom}. */
  readonly outboxFull?: () => void
  readonly outboxRoom?: () => void
  /** A connection is no longer open: a Close was sent or received, or the transport is gone. */
  readonly closing: (connection: Metered) => void
}
