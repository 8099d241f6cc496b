/**
 * What a user's function returned, where an Effect belongs. A Promise in its place is a fault of the program: it is told as a
 * defect, and its rejection, which would end the process, is taken.
 */
import * as Effect from "effect/Effect"
import { isPromiseLike } from "effect/Predicate"

export const asEffect = <A, E, R>(given: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  if (!isPromiseLike(given)) return given
  given.then(undefined, () => {})
  return Effect.dieSync(() =>
    new TypeError("a Promise was returned where an Effect is expected: wrap it in Effect.promise")
  )
}
