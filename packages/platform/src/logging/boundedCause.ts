/**
 * What somebody else wrote, for a log, an error or a span: one line, no longer than so many characters, and no character in it
 * that moves a cursor or turns the text around.
 */
import * as Excerpt from "@effect-ws/codec/Excerpt"
import * as Cause from "effect/Cause"

/** Characters of an error's message, and of all that is shown of it. */
const longestMessage = 1000
const longest = 8000

export const excerpt: (text: string, most?: number) => string = Excerpt.show

const unshowable = "a value that cannot be shown"

/**
 * A cause that any logger can show, and that is not longer than a log may be. What a handler fails with may quote what it was sent,
 * as `JSON.parse` does, and need not be an error at all; and it may fail for each of many things that it was sent.
 */
export const bounded = (cause: Cause.Cause<unknown>): Cause.Cause<unknown> => {
  let failures = 0
  const first = <A>(one: A, of: (error: unknown) => Cause.Cause<unknown>): Cause.Cause<unknown> =>
    failures++ < mostFailures ? of(boundedError(one)) : Cause.empty
  const all = Cause.match<Cause.Cause<unknown>, unknown>(cause, {
    onEmpty: Cause.empty,
    onFail: (error) => first(error, Cause.fail),
    onDie: (defect) => first(defect, Cause.die),
    onInterrupt: Cause.interrupt,
    onSequential: joined(Cause.sequential),
    onParallel: joined(Cause.parallel)
  })
  return failures <= mostFailures ? all : Cause.sequential(all, Cause.fail(`and ${failures - mostFailures} more`))
}

const mostFailures = 8

type Join = (left: Cause.Cause<unknown>, right: Cause.Cause<unknown>) => Cause.Cause<unknown>

/** Without what is empty. */
const joined = (join: Join): Join => (left, right) =>
  Cause.isEmptyType(left) ? right : Cause.isEmptyType(right) ? left : join(left, right)

const boundedError = (error: unknown, depth = 0): unknown => {
  try {
    const shown = Cause.pretty(Cause.fail(error), { renderErrorCause: true })
    const isShort = shown.length <= longest && (!(error instanceof Error) || error.message.length <= longestMessage)
    if (isShort && isPlain(shown)) return error
    return error instanceof Error ? shortened(error, depth) : excerpt(shown, longestMessage)
  } catch {
    return unshowable
  }
}

/** Lines are let pass: a stack has some. */
const isPlain = (text: string): boolean => text.split("\n").every((line) => excerpt(line, line.length) === line)

const deepest = 3

const shortened = ({ cause, message, name, stack = "" }: Error, depth: number): Error => {
  const because = cause === undefined || depth >= deepest ? {} : { cause: boundedError(cause, depth + 1) }
  const short = new Error(excerpt(message, longestMessage), because)
  const frames = stack.lastIndexOf(message) < 0 ? "" : stack.slice(stack.lastIndexOf(message) + message.length)
  short.name = excerpt(name)
  short.stack = `${short.name}: ${short.message}${isPlain(frames) ? frames.slice(0, longest) : ""}`
  return short
}
