/** The types of `Options`, which its rules need too. */

/**
 * What one option may be.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule<out A> {
  /** The option when it is not given. */
  readonly default: A | undefined
  /** Whether it has to be given. */
  readonly isRequired: boolean
  /** What a number counts: "bytes", "milliseconds". Empty for what is no number. */
  readonly unit: string
  /** What it may be: `0 to 65,535`. */
  readonly range: string
  /** Judges a value that is not `undefined`. */
  readonly judge: (value: unknown) => Judged<A>
}

/**
 * What a rule says of a value.
 *
 * @since 0.1.0
 * @category models
 */
export type Judged<A> =
  | { readonly _tag: "Right"; readonly value: A }
  /** `value` is the part at fault, and `at` where it is: `[0]` of a list, empty for the value itself. */
  | { readonly _tag: "Wrong"; readonly at: string; readonly value: unknown; readonly advice: string }

/**
 * A rule for each option.
 *
 * @since 0.1.0
 * @category models
 */
export type Table<A> = { readonly [Name in keyof A]-?: Rule<A[Name]> }

/**
 * Options of which some may lack.
 *
 * @since 0.1.0
 * @category models
 */
export type Given<A> = { readonly [Name in keyof A]?: A[Name] | undefined }

/**
 * An option that is wrong.
 *
 * @since 0.1.0
 * @category models
 */
export interface OptionProblem {
  readonly _tag: "Problem"
  /** With what it is part of: `limits.maxMessageSize`, `origins[0]`. */
  readonly option: string
  /** As it can be shown: cut, and without what an object or a list holds. */
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
  /** Empty for what counts nothing. */
  readonly unit: string
  /** What `Infinity` means; it is refused unless this is given. */
  readonly infinity?: string
  readonly default: A
}
