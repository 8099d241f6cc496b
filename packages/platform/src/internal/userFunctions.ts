/**
 * Promises where none is expected: a user's function may be async, whatever its type says. If ignored, its rejection ends the process.
 */
import { isEffect } from "effect/Effect"
import { isExit } from "effect/Exit"
import { isPromiseLike } from "effect/Predicate"

/**
 * Checks the result of a function that should return nothing: `onReason` is called if it rejects later. Throws for an Effect, which the
 * compiler allows, but nobody would run.
 */
export const done = (name: string, given: unknown, onReason: (reason: unknown) => void): void => {
  if (isPromiseLike(given)) given.then(undefined, onReason)
  else if (isEffect(given) && !isExit(given)) {
    throw new TypeError(`${name} returned an Effect, which is not run: do the work synchronously, or start a fiber`)
  }
}

/** Checks the result of a function whose answer is needed now. Throws for a Promise. */
export const synchronous = <A>(name: string, answer: A): A => {
  if (!isPromiseLike(answer)) return answer
  answer.then(undefined, () => {})
  throw new TypeError(`${name} returned a Promise: it must return its answer synchronously`)
}
