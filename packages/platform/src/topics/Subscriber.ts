/** One connection at one topic or pattern, as the registry and the hub see it. */
import type { Connection } from "@effect-ws/connection/Connection"
import type { PreparedMessage } from "@effect-ws/connection/Message"
import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"

/** Whether a message was taken: by the outbox, or to wait. */
export type Verdict = "accepted" | "dropped" | "closed"

export interface Subscriber {
  readonly connection: Connection
  /** As it was subscribed to. */
  readonly name: string
  /** Messages that were dropped. */
  readonly dropped: number
  /** Messages that wait for room. */
  readonly waiting: number
  /** Completes when it gets what is published from then on; it may be ahead of the backplane. */
  readonly ready: Effect.Effect<void>
  /** Waits for nobody. `id` is the message's place in a log, if it has one. */
  readonly deliver: (message: PreparedMessage, topic: string, id: string | undefined) => Verdict
  readonly end: () => void
}

/** What a subscriber asks of the node that it is at. */
export interface Surroundings {
  /** Runs it in a fiber, until the node's scope closes. */
  readonly fork: (effect: Effect.Effect<void>) => void
  /** Something was dropped: `tell` is called soon, when nothing is being given out. */
  readonly later: (tell: () => void) => void
  /** A function of the user's threw. */
  readonly failed: (name: string, cause: Cause.Cause<unknown>) => void
}
