/** The types of `Options`, which its rules need, too. */

/**
 * The rule for one option.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule<out A> {
  /** The value of the option if it is not given. */
  readonly default: A | undefined
  /** Whether it must be given. */
  readonly isRequired: boolean
  /** What a number counts: "bytes", "milliseconds". Empty if it is not a number. */
  readonly unit: string
  /** What it may be: `0 to 65,535`. */
  readonly range: string
  /** Judges a value that is not `undefined`. */
  readonly judge: (value: unknown) => Judged<A>
}

/**
 * The verdict of a rule on a value.
 *
 * @since 0.1.0
 * @category models
 */
export type Judged<A> =
  | { readonly _tag: "Right"; readonly value: A }
  /** `value` is the part at fault, and `at` its place: `[0]` in a list, empty for the value itself. */
  | { readonly _tag: "Wrong"; readonly at: string; readonly value: unknown; readonly advice: string }

/**
 * A rule for each option.
 *
 * @since 0.1.0
 * @category models
 */
export type Table<A> = { readonly [Name in keyof A]-?: Rule<A[Name]> }

/**
 * Options of which some may be missing.
 *
 * @since 0.1.0
 * @category models
 */
export type Given<A> = { readonly [Name in keyof A]?: A[Name] | undefined }

/**
 * A wrong option.
 *
 * @since 0.1.0
 * @category models
 */
export interface OptionProblem {
  readonly _tag: "Problem"
  /** Its full name: `limits.maxMessageSize`, `origins[0]`. */
  readonly option: string
  /** The value as it can be shown: cut, and without the contents of an object or a list. */
  readonly value: string
  /** What it must be. */
  readonly expected: string
  /** What to do. */
  readonly advice: string
}

/**
 * @since 0.1.0
 * @category models
 */
export type Read<A> = { readonly _tag: "Options"; readonly options: A } | OptionProblem

/**
 * A whole number's range.
 *
 * @since 0.1.0
 * @category models
 */
export interface IntegerRange<A> {
  readonly least: number
  /** Default 2^31 - 1. */
  readonly most?: number
  /** Empty if it counts nothing. */
  readonly unit: string
  /** What `Infinity` means. Without this, it is refused. */
  readonly infinity?: string
  readonly default: A
}
