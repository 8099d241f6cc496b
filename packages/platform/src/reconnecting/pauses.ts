/** A schedule, one step after the other. In: the schedule. Out: what waits as long as it says, and starts it again. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

export interface Pauses<In, R> {
  /** Waits, and says whether there is another attempt: not if the schedule is at its end. */
  readonly next: (input: In) => Effect.Effect<boolean, never, R>
  /** Restarts the schedule. */
  readonly reset: Effect.Effect<void, never, R>
}

/** `paused` is told of each pause before it begins, and gives the one that is made. */
export const pausesOf = <In, R, R2>(
  schedule: Schedule.Schedule<unknown, In, R>,
  paused: (input: In, delay: Duration.Duration) => Effect.Effect<Duration.Duration, never, R2>
): Effect.Effect<Pauses<In, R | R2>, never, R | R2> =>
  Effect.map(
    Schedule.driver(Schedule.modifyDelayEffect(Schedule.passthrough(schedule), paused)),
    (driver) => ({
      next: (input) => Effect.match(driver.next(input), { onFailure: () => false, onSuccess: () => true }),
      reset: driver.reset
    })
  )
