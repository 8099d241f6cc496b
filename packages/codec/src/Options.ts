/**
 * What an option may be, and the check of options against it. In: a table with a rule for each option, and what was given. Out:
 * the options with their defaults; or the first that is wrong, with its value, what it must be, and what to do.
 *
 * `undefined` means "not given". Nothing else that is wrong counts as not given, least of all `NaN`, which is what
 * `Number(process.env.MISSING)` answers. What a table does not name is passed over.
 *
 * It knows no option: tables stand beside the options. It does not throw or fail: see `InvalidOption` of connection.
 *
 * @since 0.1.0
 */
import type { IntegerRange, OptionProblem, Read, Rule, Table } from "./internal/optionRule.js"
import * as internal from "./internal/options.js"

export type { Given, IntegerRange, Judged, OptionProblem, Read, Rule, Table } from "./internal/optionRule.js"

/**
 * Options with their defaults. `within` is what they are part of, with its dot: `limits.`.
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
 * Options from several sources: of each the last that is given. For {@link read}, which refuses a source that is no object.
 *
 * @since 0.1.0
 * @category reading
 */
export const merge: (...sources: ReadonlyArray<unknown>) => unknown = internal.merge

/**
 * The problem that an option is, for what no rule can say: how two of them must be to each other.
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
 * A problem in one sentence or two.
 *
 * @since 0.1.0
 * @category reading
 */
export const explain = ({ advice, expected, option, value }: Omit<OptionProblem, "_tag">): string =>
  `the option ${option} is ${value}, but must be ${expected}. ${advice}`

/**
 * A value as an error may show it: at most some 80 characters, and nothing of what an object or a list holds.
 *
 * @since 0.1.0
 * @category reading
 */
export const shown: (value: unknown) => string = internal.shown

/**
 * The largest size there can be: 2^31 - 1.
 *
 * @since 0.1.0
 * @category constants
 */
export const largestSize = 2_147_483_647

/**
 * The longest that a timer of JavaScript can wait, in milliseconds: 24.8 days. One that is to wait for longer fires at once, or
 * never.
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
 * One of a few values. `range` tells them.
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
 * Text. `judge` answers what to do about one that is wrong, and nothing for one that is right.
 *
 * @since 0.1.0
 * @category rules
 */
export const text: <D extends string | undefined>(
  options: { readonly range: string; readonly judge?: (text: string) => string | undefined; readonly default: D }
) => Rule<string | D> = internal.text

/**
 * A list of texts, each judged as by {@link text}, or a word that stands for all.
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
 * A rule whose option has to be given.
 *
 * @since 0.1.0
 * @category rules
 */
export const required = <A>(rule: Rule<A>): Rule<Exclude<A, undefined>> => internal.required(rule)
