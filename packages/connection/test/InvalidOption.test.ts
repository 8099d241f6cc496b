import { describe, expect, it } from "@effect/vitest"
import * as Options from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import { Duration, Effect, Exit } from "effect"

const table = { size: Options.integer({ least: 1, most: 9, unit: "bytes", default: 5 }) }

describe("raising", () => {
  it("a function throws it, with all that it says", () => {
    expect(InvalidOption.read(table, {})).toEqual({ size: 5 })
    expect(() => InvalidOption.read(table, { size: 0 }, "limits.")).toThrow(
      "the option limits.size is 0, but must be 1 to 9 (bytes). Give a whole number in that range. " +
        "Leave it out for the default, 5."
    )
  })

  it.effect("an Effect fails with it, and with nothing else", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(InvalidOption.attempt(() => InvalidOption.read(table, { size: NaN })))
      expect(error).toMatchObject({ _tag: "InvalidOption", option: "size", value: "NaN", expected: "1 to 9 (bytes)" })
      const defect = new Error("another")
      const exit = yield* Effect.exit(InvalidOption.attempt(() => {
        throw defect
      }))
      expect(exit).toEqual(Exit.die(defect))
    }))
})

describe("Durations", () => {
  const judge = (range: InvalidOption.DurationRange, value: unknown): unknown => {
    const found = Options.read({ it: InvalidOption.duration(range) }, { it: value })
    return found._tag === "Options" ? Duration.toMillis(found.options.it) : found._tag
  }

  it("take what Duration takes", () => {
    const inputs = [0, 1500, 1.5, 2_000_000n, [1, 500_000_000], "10 seconds", Duration.minutes(1), 2 ** 31 - 1]
    expect(inputs.map((value) => judge({ default: 7 }, value))).toEqual([
      0,
      1500,
      1.5,
      2,
      1500,
      10_000,
      60_000,
      2 ** 31 - 1
    ])
    expect(judge({ default: 7 }, undefined)).toBe(7)
  })

  it("refuse what Duration takes for zero, and what a timer cannot wait for", () => {
    const wrong = [
      NaN,
      -1,
      -5n,
      [-1, 0],
      [NaN, 0],
      [1],
      ["1", 0],
      "-5 seconds",
      "10",
      "10 fortnights",
      "soon",
      "",
      null,
      true,
      {},
      2 ** 31,
      "25 days",
      Infinity,
      [Infinity, 0],
      Duration.infinity
    ]
    for (const value of wrong) expect(judge({ default: 7 }, value)).toBe("Problem")
  })

  it("an infinite one is taken where it means something, and a least one is kept", () => {
    const range = { least: 1, infinity: "no limit", default: 7 }
    expect([Infinity, Duration.infinity].map((value) => judge(range, value))).toEqual([Infinity, Infinity])
    expect([0, Duration.zero, Duration.millis(NaN)].map((value) => judge(range, value))).toEqual(
      Array(3).fill("Problem")
    )
    expect(InvalidOption.duration(range).range).toBe("1ms to 24.8 days, or infinite: no limit")
  })
})
