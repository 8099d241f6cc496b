import * as Options from "@effect-ws/codec/Options"
import { describe, expect, it } from "vitest"

const read = (rule: Options.Rule<unknown>, value: unknown): unknown => {
  const found = Options.read({ it: rule }, { it: value })
  return found._tag === "Options" ? found.options.it : found
}

const refused = (rule: Options.Rule<unknown>, value: unknown): Options.OptionProblem => {
  const found = Options.read({ it: rule }, { it: value })
  if (found._tag === "Problem") return found
  throw new Error(`it was believed: ${String(value)}`)
}

/** What is no number at all, or not one of 1 to 9. */
const noDigit: ReadonlyArray<unknown> = [
  NaN,
  Infinity,
  -Infinity,
  -5,
  -0.5,
  0,
  1.5,
  10,
  2 ** 53,
  "5",
  "",
  "five",
  5n,
  null,
  true,
  [],
  [5],
  {},
  { valueOf: () => 5 },
  () => 5,
  Symbol("5")
]

const digit = Options.integer({ least: 1, most: 9, unit: "bytes", default: 5 })

describe("reading", () => {
  it("undefined, absent and nothing at all are not given", () => {
    const table = { size: digit, name: Options.text({ range: "a name", default: undefined }) }
    for (const given of [undefined, {}, { size: undefined, name: undefined }]) {
      expect(Options.read(table, given)).toEqual({ _tag: "Options", options: { size: 5, name: undefined } })
    }
  })

  it("what a table does not name is passed over", () => {
    expect(Options.read({ size: digit }, { size: 2, other: NaN })).toEqual({ _tag: "Options", options: { size: 2 } })
  })

  it("what is no object is refused", () => {
    for (const given of [null, 5, "x", true, [], () => 5]) {
      expect(Options.read({ size: digit }, given, "limits.")).toMatchObject({ _tag: "Problem", option: "limits" })
    }
  })

  it("a problem names the option, the value, the range and what to do", () => {
    const found = Options.read({ size: digit }, { size: NaN }, "limits.")
    expect(found).toMatchObject({ option: "limits.size", value: "NaN", expected: "1 to 9 (bytes)" })
    expect(found._tag === "Problem" && Options.explain(found)).toBe(
      "the option limits.size is NaN, but must be 1 to 9 (bytes). Number() gives NaN for what is missing or " +
        "not a number: look where it comes from, perhaps an environment variable. Leave it out for the default, 5."
    )
  })

  it("an option that has to be given is missed", () => {
    const table = { port: Options.required(digit) }
    expect(Options.read(table, {})).toMatchObject({ _tag: "Problem", option: "port", value: "not given" })
    expect(Options.read(table, { port: 3 })).toEqual({ _tag: "Options", options: { port: 3 } })
  })

  it("of several sources the last that is given counts", () => {
    expect(Options.merge(undefined, { a: 1, b: 2 }, { a: undefined, b: 3 })).toEqual({ a: 1, b: 3 })
    for (const wrong of [null, 5, "x", []]) {
      expect(Options.read({ size: digit }, Options.merge({ size: 5 }, wrong))._tag).toBe("Problem")
    }
  })
})

describe("rules", () => {
  it("integer: whole numbers of a range, and Infinity where it means something", () => {
    for (const value of [1, 5, 9]) expect(read(digit, value)).toBe(value)
    for (const value of noDigit) expect(refused(digit, value).option).toBe("it")
    const unlimited = Options.integer({ least: 0, unit: "bytes", infinity: "no limit", default: 0 })
    expect(read(unlimited, Infinity)).toBe(Infinity)
    expect(unlimited.range).toBe("0 to 2,147,483,647, or Infinity: no limit")
    for (const value of [-Infinity, NaN, 2 ** 31, "Infinity"]) expect(refused(unlimited, value).option).toBe("it")
  })

  it("integer: text from an environment is told from what is no number", () => {
    expect(refused(digit, "5").advice).toContain("Give the number 5, not a string.")
    expect(refused(digit, "five").advice).toContain("Give a number.")
    expect(refused(digit, "").advice).toContain("Give a number.")
  })

  it("oneOf and flag: these and no others", () => {
    const bits = Options.oneOf([8, 9, "fixed"], { default: 9, range: "8, 9 or \"fixed\"" })
    for (const value of [8, 9, "fixed"]) expect(read(bits, value)).toBe(value)
    for (const value of [7, 10, "8", "Fixed", NaN, null]) expect(refused(bits, value).option).toBe("it")
    expect(Options.oneOf(["wait", "fail"], { default: "wait" }).range).toBe("\"wait\" or \"fail\"")
    const flag = Options.flag(false)
    for (const value of [true, false]) expect(read(flag, value)).toBe(value)
    for (const value of ["true", "false", 1, 0, null]) expect(refused(flag, value).expected).toBe("true or false")
  })

  it("text and list: each is judged, and a text is no list", () => {
    const judge = (text: string): string | undefined => text === "a" ? undefined : "Write a."
    const text = Options.text({ range: "a", judge, default: undefined })
    expect(read(text, "a")).toBe("a")
    for (const value of ["b", 5, ["a"], null]) expect(refused(text, value).option).toBe("it")
    const list = Options.list({ range: "a list of a", word: "any", judge, default: [] })
    for (const value of [[], ["a"], ["a", "a"], "any"]) expect(read(list, value)).toEqual(value)
    expect(refused(list, "a").advice).toContain("Give a list: [\"a\"].")
    expect(refused(list, ["a", "b"])).toMatchObject({ option: "it[1]", value: "\"b\"", advice: "Write a." })
    expect(refused(list, ["a", 5])).toMatchObject({ option: "it[1]", value: "5" })
  })
})

describe("showing", () => {
  it("is cut, tells nothing of what an object holds, and calls nobody", () => {
    const hostile = {
      toString: () => {
        throw new Error("toString")
      },
      toJSON: () => {
        throw new Error("toJSON")
      }
    }
    for (
      const value of ["x".repeat(1e6), "\u001b[2J".repeat(100), 10n ** 1000n, hostile, [hostile], "\ud800".repeat(99)]
    ) {
      const shown = Options.shown(value)
      expect(shown.length).toBeLessThan(500)
      for (const unit of shown) expect(unit >= " ").toBe(true)
    }
    expect(Options.shown("x".repeat(65))).toBe(`"${"x".repeat(64)}"… (a string of 65 characters)`)
    for (const before of ["", "redis://", "redis://user:", "user:", "x".repeat(100)]) {
      const shown = Options.shown(`${before}pass@word/?#@cache.example:6379`)
      expect(shown).toContain("\"…@cache.example:6379\"")
      expect(shown).not.toMatch(/pass|word|user|xx/)
    }
    expect([-0, 5n, null, undefined, {}, [1, 2]].map(Options.shown)).toEqual([
      "0",
      "5n",
      "null",
      "not given",
      "an object",
      "a list of 2"
    ])
  })
})
