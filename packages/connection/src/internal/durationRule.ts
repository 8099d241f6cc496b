/** The rule for options that are a Duration. In: a range. Out: a rule of the codec's `Options`. */
import type { Judged, Rule } from "@effect-ws/codec/Options"
import * as Options from "@effect-ws/codec/Options"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

export interface Range {
  readonly least?: number
  readonly infinity?: string
}

const most = Duration.millis(Options.longestTimer)

export const withDefault = (range: Range, fallback: Duration.DurationInput): Rule<Duration.Duration> =>
  ({
    ...optional(range),
    default: Duration.decode(fallback)
  }) as Rule<Duration.Duration>

export const optional = ({ infinity, least = 0 }: Range): Rule<Duration.Duration | undefined> => ({
  default: undefined,
  isRequired: false,
  unit: "Duration",
  range: `${least === 0 ? "0" : Duration.format(Duration.millis(least))} to 24.8 days${
    infinity === undefined ? "" : `, or infinite: ${infinity}`
  }`,
  judge: (value) => {
    const decoded = isNegativeOrNaN(value) ? Option.none() : Duration.decodeUnknown(value)
    if (Option.isNone(decoded)) return wrong(value, adviceFor(value))
    const found = decoded.value
    if (!Duration.isFinite(found) && infinity !== undefined) return { _tag: "Right", value: found }
    return Duration.greaterThanOrEqualTo(found, Duration.millis(least)) && Duration.lessThanOrEqualTo(found, most)
      ? { _tag: "Right", value: found }
      : wrong(Duration.isDuration(value) ? Duration.format(found) : value, "Give a Duration in that range.")
  }
})

/** For those that count: a Duration of whole milliseconds, as their number. */
export const millis = (range: Range, fallback: number): Rule<number> => {
  const { judge, ...rule } = optional(range)
  return {
    ...rule,
    default: fallback,
    judge: (value) => {
      const judged = judge(value)
      if (judged._tag === "Wrong") return judged
      const found = judged.value === undefined ? NaN : Duration.toMillis(judged.value)
      return Number.isInteger(found) ? { _tag: "Right", value: found } : wrong(value, "Give whole milliseconds.")
    }
  }
}

const wrong = (value: unknown, advice: string): Judged<never> => ({ _tag: "Wrong", at: "", value, advice })

/** `Duration.decode` takes these for zero. */
const isNegativeOrNaN = (value: unknown): boolean => {
  if (typeof value === "number") return !(value >= 0)
  if (typeof value === "bigint") return value < 0n
  if (typeof value === "string") return value.trimStart().startsWith("-")
  if (isNothing(value)) return true
  return Array.isArray(value) && !value.every((part) => typeof part === "number" && part >= 0)
}

/** `{}` would be no time at all. */
const isNothing = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Duration.isDuration(value) && Object.keys(value).length === 0

const adviceFor = (value: unknown): string =>
  typeof value === "number" && Number.isNaN(value)
    ? "Number() gives NaN for what is missing or not a number: look where it comes from, perhaps an environment variable."
    : "Give a number of milliseconds, a string such as \"10 seconds\", or a Duration; it must not be negative."
