/**
 * Who counts. In: what connections do, as they do it. A host gives one to `Connection.makeHost`, or none: then connections are of
 * a class that has nothing to tell, and pay nothing.
 *
 * Values only; octets are counted on the `Transport`, which sees them all.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type { Lifecycle } from "../Connection.js"

/**
 * Nothing here may throw.
 *
 * @since 0.1.0
 * @category models
 */
export interface Meter {
  /** So many whole messages were received. */
  readonly received: (messages: number) => void
  /** A message was accepted to be sent. */
  readonly sent: () => void
  /** The round trip of a ping, a user's or keepalive's. */
  readonly pinged: (roundTrip: Duration.Duration) => void
  /** A connection is open no longer: a Close was sent or received, or the transport is gone. */
  readonly closing: (connection: Lifecycle) => void
}
