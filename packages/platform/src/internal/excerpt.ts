/**
 * What somebody else wrote, for a log, an error or a span: one line, no longer than so many characters, and no character in it
 * that moves a cursor or turns the text around.
 */
import * as Cause from "effect/Cause"

/** Characters of one value. */
const usual = 200
/** Characters of an error's message, and of all that is shown of it. */
const longestMessage = 1000
const longest = 8000

export const excerpt = (text: string, longest = usual): string => {
  if (text.length <= longest) return escape(text)
  return `${escape(text.slice(0, longest))}… (${text.length} characters)`
}

/** Controls, lone surrogates, separators of lines, and marks of direction. */
const unsafe = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu

const escape = (text: string): string =>
  text.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** Whatever it is: an error's message may be a getter, and a value's `toString` anything. */
export const excerptOf = (value: unknown): string => {
  try {
    return excerpt(String(value))
  } catch {
    return unshowable
  }
}

const unshowable = "a value that cannot be shown"

/**
 * A cause that any logger can show, and that is not longer than a log may be. What a handler fails with may quote what it was sent,
 * and need not be an error at all.
 */
export const bounded = (cause: Cause.Cause<unknown>): Cause.Cause<unknown> =>
  Cause.match(cause, {
    onEmpty: Cause.empty as Cause.Cause<unknown>,
    onFail: (error) => Cause.fail(boundedError(error)),
    onDie: (defect) => Cause.die(boundedError(defect)),
    onInterrupt: Cause.interrupt,
    onSequential: Cause.sequential,
    onParallel: Cause.parallel
  })

const boundedError = (error: unknown): unknown => {
  try {
    const shown = Cause.pretty(Cause.fail(error), { renderErrorCause: true })
    if (shown.length <= longest && (!(error instanceof Error) || error.message.length <= longestMessage)) return error
    return error instanceof Error ? shortened(error) : excerpt(shown, longestMessage)
  } catch {
    return unshowable
  }
}

const shortened = ({ message, name, stack = "" }: Error): Error => {
  const short = new Error(excerpt(message, longestMessage))
  const frames = stack.lastIndexOf(message) < 0 ? "" : stack.slice(stack.lastIndexOf(message) + message.length)
  short.name = name
  short.stack = `${name}: ${short.message}${frames.slice(0, longest)}`
  return short
}
