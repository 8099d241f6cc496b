/** What a function of the user's gave or threw where Node called it -> what Node may have of that. What it must not have is thrown. */
import { isPromiseLike } from "effect/Predicate"

/** Node takes no Promise here. */
export const settled = <A>(name: string, answer: A): A => {
  if (!isPromiseLike(answer)) return answer
  answer.then(undefined, () => {})
  throw new TypeError(`${name} returned a Promise: it must return its answer synchronously`)
}

export const asError = (defect: unknown): Error =>
  defect instanceof Error ? defect : new TypeError("a value that is not an Error was thrown", { cause: defect })

/** Node would throw at it. */
export const asKey = <A>(key: A): A => {
  if (key === null || key === undefined || ArrayBuffer.isView(key) || isPromiseLike(key)) return key
  throw new TypeError("pskCallback returned no key: it must return bytes, or null")
}
