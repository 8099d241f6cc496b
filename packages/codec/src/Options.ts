/**
 * Rules for options, and the check of options against them. In: a table with a rule for each option, and what was given. Out: the options
 * with their defaults; or the first that is wrong, with its value, what it must be, and what to do.
 *
 * `undefined` means "not given". Any other wrong value is an error, above all `NaN`, which `Number(process.env.MISSING)` returns. Options
 * that the table does not name are ignored.
 *
 * It knows no options: their tables stand beside them. It does not throw or fail: see `InvalidOption` of connection.
 *
 * @since 0.1.0
 */
import type { IntegerRange, OptionProblem, Read, Rule, Table } from "./internal/optionRule.js"
import * as internal from "./internal/options.js"

export type { Given, IntegerRange, Judged, OptionProblem, Read, Rule, Table } from "./internal/optionRule.js"

/**
 * Reads options and fills in their defaults. `within` is what they are part of, with its dot: `limits.`.
 *
 * @example
 * import * as Options from "@effect-ws/codec/Options"
 *
 * const table = { size: Options.integer({ least: 1, most: 9, unit: "bytes", default: 5 }) }
 * Options.read(table, { size: undefined }) // { _tag: "Options", options: { size: 5 } }
 * Options.read(table, { size: NaN }) // an OptionProblem: size is NaN, and must be 1 to 9 bytes
 *
 * @since 0.1.0
 * @category reading
 */
export const read: <A extends object>(table: Table<A>, given: unknown, within?: string) => Read<A> = internal.read

/**
 * Merges options from several sources; for each option, the last that is given counts. For {@link read}, which refuses a source that is
 * not an object.
 *
 * @since 0.1.0
 * @category reading
 */
export const merge: (...sources: ReadonlyArray<unknown>) => unknown = internal.merge

/**
 * Makes a problem, for what a rule for one option cannot say: how two options depend on each other.
 *
 * @since 0.1.0
 * @category constructors
 */
export const problem = (option: string, value: unknown, expected: string, advice: string): OptionProblem => ({
  _tag: "Problem",
  option,
  value: shown(value),
  expected,
  advice
})

/**
 * Explains a problem in one or two sentences.
 *
 * @since 0.1.0
 * @category reading
 */
export const explain = ({ advice, expected, option, value }: Omit<OptionProblem, "_tag">): string =>
  `the option ${option} is ${value}, but must be ${expected}. ${advice}`

/**
 * A value as an error may show it: at most some 100 characters, nothing of the contents of an object or a list, and nothing that stands
 * before an `@`: it may be the password of a URL.
 *
 * @since 0.1.0
 * @category reading
 */
export const shown: (value: unknown) => string = internal.shown

/**
 * The largest possible size: 2^31 - 1.
 *
 * @since 0.1.0
 * @category constants
 */
export const largestSize = 2_147_483_647

/**
 * The longest time that a JavaScript timer can wait, in milliseconds: 24.8 days. A longer one fires at once, or never.
 *
 * @since 0.1.0
 * @category constants
 */
export const longestTimer = 2_147_483_647

/**
 * A whole number.
 *
 * @since 0.1.0
 * @category rules
 */
export const integer: <D extends number | undefined>(range: IntegerRange<D>) => Rule<number | D> = internal.integer

/**
 * One of a few values. `range` describes them.
 *
 * @since 0.1.0
 * @category rules
 */
export const oneOf: <const A extends string | number | boolean, D extends A | undefined>(
  values: ReadonlyArray<A>,
  options: { readonly default: D; readonly unit?: string; readonly range?: string }
) => Rule<A | D> = internal.oneOf

/**
 * `true` or `false`.
 *
 * @since 0.1.0
 * @category rules
 */
export const flag = (fallback: boolean): Rule<boolean> => oneOf([true, false], { default: fallback })

/**
 * A string. `judge` returns what to do about a wrong one, and `undefined` for a right one.
 *
 * @since 0.1.0
 * @category rules
 */
export const text: <D extends string | undefined>(
  options: { readonly range: string; readonly judge?: (text: string) => string | undefined; readonly default: D }
) => Rule<string | D> = internal.text

/**
 * A list of strings, each judged as in {@link text}, or a word that stands for all.
 *
 * @since 0.1.0
 * @category rules
 */
export const list: <
  const W extends string = never,
  D extends ReadonlyArray<string> | W | undefined = ReadonlyArray<string> | W
>(
  options: {
    readonly range: string
    readonly word?: W
    readonly judge: (text: string) => string | undefined
    readonly default: D
  }
) => Rule<ReadonlyArray<string> | W | D> = internal.list

/**
 * Makes the option of a rule required.
 *
 * @since 0.1.0
 * @category rules
 */
export const required = <A>(rule: Rule<A>): Rule<Exclude<A, undefined>> => internal.required(rule)
