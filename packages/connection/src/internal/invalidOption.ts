/** How a problem of options is raised. It knows nothing of the error itself, which it is given. */
import type { OptionProblem, Read } from "@effect-ws/codec/Options"
import * as Effect from "effect/Effect"

/** The options, or throws the error that `toError` makes of the problem. */
export const orThrow = <A>(found: Read<A>, toError: (problem: OptionProblem) => unknown): A => {
  if (found._tag === "Problem") throw toError(found)
  return found.options
}

/** What `read` answers; of what it throws, an error of this kind is the failure, and all else a defect. */
export const attempt = <A, E>(read: () => A, isError: (error: unknown) => error is E): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(read())
    } catch (error) {
      if (isError(error)) return Effect.fail(error)
      throw error
    }
  })
