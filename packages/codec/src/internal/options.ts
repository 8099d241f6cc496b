/** The rules of `Options`, and the reading of options by a table of them. */
import type { IntegerRange, Judged, OptionProblem, Read, Rule, Table } from "./optionRule.js"

export const read = <A extends object>(table: Table<A>, given: unknown, within = ""): Read<A> => {
  if (given === undefined) return read(table, {}, within)
  if (!isRecord(given)) {
    const option = within === "" ? "options" : within.slice(0, -1)
    return problem(option, given, "an object", "Give an object of options, or leave it out.")
  }
  const options: Record<string, unknown> = {}
  for (const [name, rule] of Object.entries<Rule<unknown>>(table)) {
    const value = given[name]
    if (value === undefined && !rule.isRequired) {
      options[name] = rule.default
      continue
    }
    const judged = value === undefined ? wrong(value, "Give it: there is no default.") : rule.judge(value)
    if (judged._tag === "Wrong") {
      return problem(`${within}${name}${judged.at}`, judged.value, expected(rule), adviceOf(rule, judged.advice))
    }
    options[name] = judged.value
  }
  return { _tag: "Options", options: options as A }
}

export const merge = (...sources: ReadonlyArray<unknown>): unknown => {
  const merged: Record<string, unknown> = {}
  for (const source of sources) {
    if (source === undefined) continue
    if (!isRecord(source)) return source
    for (const [name, value] of Object.entries(source)) if (value !== undefined) merged[name] = value
  }
  return merged
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const problem = (option: string, value: unknown, expected: string, advice: string): OptionProblem => ({
  _tag: "Problem",
  option,
  value: shown(value),
  expected,
  advice
})

const expected = ({ range, unit }: Rule<unknown>): string => unit === "" ? range : `${range} (${unit})`

const adviceOf = (rule: Rule<unknown>, advice: string): string =>
  rule.isRequired || rule.default === undefined || typeof rule.default === "object"
    ? advice
    : `${advice} Leave it out for the default, ${shown(rule.default)}.`

// ---------------------------------------------------------------------------------------------------------------
// Showing
// ---------------------------------------------------------------------------------------------------------------

const mostShown = 64

export const shown = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return shownText(value)
    case "bigint":
      return value < 10n ** 30n && value > -(10n ** 30n) ? `${value}n` : "a bigint of more than 30 digits"
    case "object":
      if (value === null) return "null"
      return Array.isArray(value) ? `a list of ${value.length}` : "an object"
    case "function":
    case "symbol":
      return `a ${typeof value}`
    case "undefined":
      return "not given"
    case "boolean":
    case "number":
      return String(value)
  }
}

/** What stands before an @ may be a password, of a URL or of what was meant to be one. */
const shownText = (text: string): string => {
  const at = text.lastIndexOf("@")
  const rest = at < 0 ? text : `…${text.slice(at, at + mostShown)}`
  return text.length <= mostShown
    ? JSON.stringify(rest)
    : `${JSON.stringify(rest.slice(0, mostShown))}… (a string of ${text.length} characters)`
}

/** 16,777,216: as it is read best, whatever the machine's language. */
export const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ",")

// ---------------------------------------------------------------------------------------------------------------
// Rules
// ---------------------------------------------------------------------------------------------------------------

const right = <A>(value: A): Judged<A> => ({ _tag: "Right", value })

const wrong = (value: unknown, advice: string, at = ""): Extract<Judged<never>, { readonly _tag: "Wrong" }> => ({
  _tag: "Wrong",
  at,
  value,
  advice
})

/** What to do about a value where a number is due. */
const numeric = (value: unknown, otherwise: string): string => {
  if (typeof value === "string" || typeof value === "bigint") {
    const number = value === "" ? NaN : Number(value)
    return Number.isNaN(number) ? "Give a number." : `Give the number ${number}, not a ${typeof value}.`
  }
  if (typeof value !== "number") return "Give a number."
  return Number.isNaN(value)
    ? "Number() gives NaN for what is missing or not a number: look where it comes from, perhaps an environment variable."
    : otherwise
}

export const integer = <D extends number | undefined>(
  { default: fallback, infinity, least, most = 2_147_483_647, unit }: IntegerRange<D>
): Rule<number | D> => ({
  default: fallback,
  isRequired: false,
  unit,
  range: `${grouped(least)} to ${grouped(most)}${infinity === undefined ? "" : `, or Infinity: ${infinity}`}`,
  judge: (value) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return right(value)
    if (value === Infinity && infinity !== undefined) return right(Infinity)
    return wrong(value, numeric(value, "Give a whole number in that range."))
  }
})

export const oneOf = <const A extends string | number | boolean, D extends A | undefined>(
  values: ReadonlyArray<A>,
  { default: fallback, range = words(values), unit = "" }: {
    readonly default: D
    readonly unit?: string
    readonly range?: string
  }
): Rule<A | D> => ({
  default: fallback,
  isRequired: false,
  unit,
  range,
  judge: (value) => {
    const found = values.find((each) => each === value)
    if (found !== undefined) return right(found)
    if (values.some((each) => typeof each === "number")) {
      return wrong(value, numeric(value, "Give one of those values."))
    }
    return wrong(
      value,
      typeof values[0] === "boolean" ? "Give a boolean: any string counts as true." : "Give one of those values."
    )
  }
})

const words = (values: ReadonlyArray<unknown>): string => {
  const all = values.map(shown)
  return all.length === 1 ? String(all[0]) : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`
}

export const text = <D extends string | undefined>(
  { default: fallback, judge = () => undefined, range }: {
    readonly range: string
    readonly judge?: (text: string) => string | undefined
    readonly default: D
  }
): Rule<string | D> => ({
  default: fallback,
  isRequired: false,
  unit: "",
  range,
  judge: (value) => judgeText(value, judge)
})

const judgeText = (value: unknown, judge: (text: string) => string | undefined, at = ""): Judged<string> => {
  if (typeof value !== "string") return wrong(value, "Give a string.", at)
  const advice = judge(value)
  return advice === undefined ? right(value) : wrong(value, advice, at)
}

export const list = <const W extends string, D extends ReadonlyArray<string> | W | undefined>(
  { default: fallback, judge, range, word }: {
    readonly range: string
    readonly word?: W
    readonly judge: (text: string) => string | undefined
    readonly default: D
  }
): Rule<ReadonlyArray<string> | W | D> => ({
  default: fallback,
  isRequired: false,
  unit: "",
  range,
  judge: (value) => {
    if (word !== undefined && value === word) return right(word)
    if (!Array.isArray(value)) {
      return wrong(value, typeof value === "string" ? `Give a list: [${shown(value)}].` : "Give a list.")
    }
    for (const [i, each] of value.entries()) {
      const judged = judgeText(each, judge, `[${i}]`)
      if (judged._tag === "Wrong") return judged
    }
    return right([...value])
  }
})

export const required = <A>(rule: Rule<A>): Rule<Exclude<A, undefined>> => ({
  ...rule as Rule<Exclude<A, undefined>>,
  isRequired: true
})
