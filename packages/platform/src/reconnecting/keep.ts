/**
 * The loop: attempts, each connection until its end, and the pauses between them. In: how to open a connection, and the settings. Out:
 * nothing, until it is over for good; `KeptConnection` is told of each step.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import type { AnyMessage } from "@effect-ws/connection/Message"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { synchronous } from "../internal/userFunctions.js"
import { retryAfter } from "../Retryable.js"
import type { KeptConnection } from "./KeptConnection.js"
import { Ending } from "./model.js"
import { pausesOf } from "./pauses.js"

/** The options, judged. */
export interface ReconnectingSettings<E, R> {
  readonly schedule: Schedule.Schedule<unknown, Ending<E>, R>
  readonly isWorthwhile: (ending: Ending<E>) => boolean
  readonly maxRetryAfter: Duration.Duration
  readonly lasting: Duration.Duration
  readonly measureEvery: Duration.Duration | undefined
}

export const keep = <E, R, R2, M extends AnyMessage>(
  kept: KeptConnection<E, M>,
  connect: Effect.Effect<Connection<M>, E, R>,
  { isWorthwhile, lasting, maxRetryAfter, measureEvery, schedule }: ReconnectingSettings<E, R2>
): Effect.Effect<void, never, Exclude<R, Scope.Scope> | R2> =>
  Effect.gen(function*() {
    const pauses = yield* pausesOf(schedule, (ending, delay) =>
      Effect.gen(function*() {
        const error = ending._tag === "NotOpened" ? ending.error : undefined
        const asked = Duration.max(delay, yield* retryAfter(error, maxRetryAfter))
        const pause = whole(Duration.max(asked, shortest))
        yield* kept.enterWaiting(pause)
        return pause
      }))
    for (;;) {
      yield* kept.enterConnecting
      const { ending, lasted } = yield* Effect.scoped(once(kept, connect, measureEvery))
      kept.fell(ending)
      if (Duration.greaterThanOrEqualTo(lasted, lasting)) yield* pauses.reset
      if (kept.isClosing || !synchronous("while", isWorthwhile(ending))) return ending
      if (!(yield* Effect.raceFirst(pauses.next(ending), Effect.as(kept.woken, true)))) return ending
    }
  }).pipe(
    Effect.onExit((exit) => kept.stop(exit)),
    Effect.asVoid
  )

/** Between two attempts. With no pause at all, an attempt that fails at once would let nothing else happen. */
const shortest = Duration.millis(1)

/**
 * Milliseconds without a fraction: timers drop it, and so would come too soon; and Effect's TestClock, at a time such as 259.928079, has no
 * nanoseconds to give, and dies.
 */
const whole = (pause: Duration.Duration): Duration.Duration => Duration.millis(Math.ceil(Duration.toMillis(pause)))

interface Attempted<E> {
  readonly ending: Ending<E>
  /** How long there was a connection. */
  readonly lasted: Duration.Duration
}

/** One attempt, and the connection that it gives, to its end. */
const once = <E, R, M extends AnyMessage>(
  kept: KeptConnection<E, M>,
  connect: Effect.Effect<Connection<M>, E, R>,
  measureEvery: Duration.Duration | undefined
): Effect.Effect<Attempted<E>, never, R | Scope.Scope> =>
  Effect.matchEffect(connect, {
    onFailure: (error) => Effect.succeed({ ending: Ending.NotOpened({ error }), lasted: Duration.zero }),
    onSuccess: (connection) =>
      Effect.gen(function*() {
        const openedAt = yield* Clock.currentTimeNanos
        yield* Effect.acquireRelease(kept.enterOpen(connection), () => Effect.sync(() => kept.leaveOpen()))
        yield* Effect.forkScoped(kept.sendWaiting(connection))
        yield* Effect.forkScoped(kept.measure(connection, measureEvery))
        const ending = Ending.Ended({ outcome: yield* connection.outcome })
        return { ending, lasted: Duration.nanos((yield* Clock.currentTimeNanos) - openedAt) }
      })
  })
