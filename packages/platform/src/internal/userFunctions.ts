/**
 * Promises where none belongs: a user's function may be async, whatever its type says. Unheeded, its failure ends the process.
 */
import { isEffect } from "effect/Effect"
import { isExit } from "effect/Exit"
import { isPromiseLike } from "effect/Predicate"

/**
 * Of a function that is to return nothing: `onReason` is told if it fails later. Throws at an Effect, which the compiler lets pass, and
 * which nobody would run.
 */
export const done = (name: string, given: unknown, onReason: (reason: unknown) => void): void => {
  if (isPromiseLike(given)) given.then(undefined, onReason)
  else if (isEffect(given) && !isExit(given)) {
    throw new TypeError(`${name} returned an Effect, which is not run: do the work synchronously, or start a fiber`)
  }
}

/** Of a function whose answer is needed now. Throws at a Promise. */
export const synchronous = <A>(name: string, answer: A): A => {
  if (!isPromiseLike(answer)) return answer
  answer.then(undefined, () => {})
  throw new TypeError(`${name} returned a Promise: it must return its answer synchronously`)
}
