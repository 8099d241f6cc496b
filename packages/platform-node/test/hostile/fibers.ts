/** Which fibers are left of those that an Effect started. */
import * as Effect from "effect/Effect"
import * as Supervisor from "effect/Supervisor"

export const watch = Effect.map(Supervisor.track, (supervisor) => ({
  over: <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => Effect.supervised(effect, supervisor),
  left: Effect.map(supervisor.value, (fibers) => fibers.filter((fiber) => fiber.unsafePoll() === null).length)
}))
