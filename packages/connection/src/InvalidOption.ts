/**
 * The error for a wrong option, and how it is raised: where the options are given, before anything is opened. A server that is to
 * listen fails with it. What cannot fail throws it, or dies of it if it is an Effect or a layer. Opening a connection fails with a
 * `HandshakeError` that says the same.
 *
 * In: options and their table, as of `Options` of the codec. Out: options, or the error.
 *
 * It also has the rule for options that are a Duration, which the codec does not know.
 *
 * @since 0.1.0
 */
import type { OptionProblem, Read, Rule, Table } from "@effect-ws/codec/Options"
import * as Options from "@effect-ws/codec/Options"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as durationRule from "./internal/durationRule.js"
import * as raise from "./internal/invalidOption.js"

/**
 * An option is wrong: not a number, out of range, of another type, or in conflict with another option.
 *
 * @example
 * import { InvalidOption } from "@effect-ws/connection/InvalidOption"
 * import * as Limits from "@effect-ws/connection/Limits"
 *
 * try {
 *   Limits.make({ maxMessageSize: Number("16 MiB") })
 * } catch (error) {
 *   if (error instanceof InvalidOption) error.message
 *   // the option limits.maxMessageSize is NaN, but must be 1 to 536,870,888 (bytes). Number() gives NaN for …
 * }
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidOption extends Data.TaggedError("InvalidOption")<Omit<OptionProblem, "_tag">> {
  override get message(): string {
    return Options.explain(this)
  }
}

/**
 * The error for a problem.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromProblem = ({ advice, expected, option, value }: OptionProblem): InvalidOption =>
  new InvalidOption({ option, value, expected, advice })

/**
 * Reads options and fills in their defaults, as `Options.read` does. Throws an {@link InvalidOption}.
 *
 * @since 0.1.0
 * @category reading
 */
export const read: <A extends object>(table: Table<A>, given: unknown, within?: string) => A = (table, given, within) =>
  orThrow(Options.read(table, given, within))

/**
 * Returns the options that were read. Throws an {@link InvalidOption} if there is a problem.
 *
 * @since 0.1.0
 * @category reading
 */
export const orThrow: <A>(read: Read<A>) => A = (found) => raise.orThrow(found, fromProblem)

/**
 * Gives what `read` returns. Fails with an {@link InvalidOption} that it throws.
 *
 * @since 0.1.0
 * @category reading
 */
export const attempt: <A>(read: () => A) => Effect.Effect<A, InvalidOption> = (read) =>
  raise.attempt(read, (error) => error instanceof InvalidOption)

/**
 * @since 0.1.0
 * @category models
 */
export interface DurationRange {
  /** Milliseconds. Default 0. */
  readonly least?: number
  /** What an infinite Duration means. Without this, one is refused. */
  readonly infinity?: string
  readonly default: Duration.DurationInput
}

/**
 * A Duration of at most 2^31 - 1 milliseconds (24.8 days): a timer cannot wait for longer.
 *
 * @since 0.1.0
 * @category rules
 */
export const duration: (range: DurationRange) => Rule<Duration.Duration> = ({ default: fallback, ...range }) =>
  durationRule.withDefault(range, fallback)

/**
 * A Duration as of {@link duration}, without a default.
 *
 * @since 0.1.0
 * @category rules
 */
export const optionalDuration: (range: Omit<DurationRange, "default">) => Rule<Duration.Duration | undefined> =
  durationRule.optional
