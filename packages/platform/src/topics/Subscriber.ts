/** One connection at one topic or pattern, as the registry and the hub see it. */
import type { Connection } from "@effect-ws/connection/Connection"
import type { PreparedMessage } from "@effect-ws/connection/Message"
import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"

/** Whether a message was taken: by the outbox, or to wait. */
export type Verdict = "accepted" | "dropped" | "closed"

export interface Subscriber {
  readonly connection: Connection
  /** The name, as subscribed to. */
  readonly name: string
  /** Messages that were dropped. */
  readonly dropped: number
  /** Messages that wait for room. */
  readonly waiting: number
  /** Completes when it gets everything published from then on; it may be ahead of the backplane. */
  readonly ready: Effect.Effect<void>
  /** Waits for nobody. `id` is the message's place in a log, if it has one. */
  readonly deliver: (message: PreparedMessage, topic: string, id: string | undefined) => Verdict
  readonly end: () => void
}

/** What a subscriber needs from its node. */
export interface Surroundings {
  /** Runs an Effect in a fiber, until the node's scope closes. */
  readonly fork: (effect: Effect.Effect<void>) => void
  /** Something was dropped: `tell` is called soon, when nothing is being handed out. */
  readonly later: (tell: () => void) => void
  /** A user's function threw. */
  readonly failed: (name: string, cause: Cause.Cause<unknown>) => void
}
