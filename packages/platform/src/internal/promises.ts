/** Promises where none belongs: a user's function may be async, for all the compiler was told. Unheeded, its failure ends the process. */
import { isPromiseLike } from "effect/Predicate"

/** Of a function that is to return nothing: `onReason` is told if it fails later. */
export const onRejected = (given: unknown, onReason: (reason: unknown) => void): void => {
  if (isPromiseLike(given)) given.then(undefined, onReason)
}

/** Of a function whose answer is needed now. Throws at a Promise. */
export const synchronous = <A>(name: string, answer: A): A => {
  if (!isPromiseLike(answer)) return answer
  onRejected(answer, () => {})
  throw new TypeError(`${name} returned a Promise: it has to answer at once`)
}
