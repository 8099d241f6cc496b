/** What a function of the user's gave where Node called it -> what Node may have of that. */
import { isPromiseLike } from "effect/Predicate"

/** Node takes no Promise here. */
export const settled = <A>(name: string, answer: A): A => {
  if (!isPromiseLike(answer)) return answer
  answer.then(undefined, () => {})
  throw new TypeError(`${name} returned a Promise: it has to answer at once`)
}

export const asError = (defect: unknown): Error =>
  defect instanceof Error ? defect : new TypeError("something that is no Error was thrown", { cause: defect })
