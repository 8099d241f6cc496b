/**
 * A cause that is not ours, in words for an error: of any type, with whatever a peer had a part in (the names of a certificate),
 * so it is cut and escaped.
 */
import * as Excerpt from "@effect-ws/codec/Excerpt"

const most = 500

export const describe = (cause: unknown): string => Excerpt.show(wordsOf(cause, 3), most)

/** An attempt at several addresses fails with an error for each, and nothing to say of its own. */
const wordsOf = (cause: unknown, depth: number): string => {
  try {
    if (cause instanceof AggregateError && depth > 0) {
      return cause.errors.slice(0, 8).map((error) => wordsOf(error, depth - 1)).join("; ")
    }
    return String(cause instanceof Error && cause.message !== "" ? cause.message : cause)
  } catch {
    return "a value that cannot be shown"
  }
}
