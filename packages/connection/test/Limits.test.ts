import * as Options from "@effect-ws/codec/Options"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import * as Duration from "effect/Duration"
import { describe, expect, it } from "vitest"

const names = Object.keys(Limits.defaults)

/** No limit may be any of these. */
const wrong = [NaN, -5, -1, 0.5, Infinity, -Infinity, 2 ** 31, "5", "", null, true, [], {}, 5n]

describe("limits", () => {
  it("undefined is not given", () => {
    const nothing = Object.fromEntries(names.map((name) => [name, undefined]))
    for (const given of [undefined, {}, nothing]) expect(Limits.make(given)).toEqual(Limits.defaults)
    expect(Limits.make({ maxMessageSize: 5 }, { maxMessageSize: undefined }).maxMessageSize).toBe(5)
  })

  it("each refuses what is no whole number of its range, by name", () => {
    for (const name of names) {
      for (const value of wrong) {
        const given = { [name]: value }
        expect(() => Limits.make(given), `${name}: ${Options.shown(value)}`).toThrow(InvalidOption)
        expect(() => Limits.make(given)).toThrow(`limits.${name}`)
        expect(Limits.parse(given)).toMatchObject({ _tag: "Problem", option: `limits.${name}` })
      }
    }
  })

  it("0 is refused where it would be a limit that nothing keeps, and turns keepalive off", () => {
    const refused = names.filter((name) => Limits.parse({ [name]: 0 })._tag === "Problem")
    expect(refused).toEqual(["maxMessageSize", "outboxSize", "keepaliveTimeout"])
  })

  it("times are Durations of whole milliseconds, in whichever way they are given", () => {
    const { closeTimeout, dropTimeout, keepaliveInterval, keepaliveTimeout } = Limits.make({
      closeTimeout: "2 seconds",
      dropTimeout: Duration.minutes(1),
      keepaliveInterval: 30_000,
      keepaliveTimeout: 5_000_000n // nanoseconds
    })
    expect([closeTimeout, dropTimeout, keepaliveInterval, keepaliveTimeout]).toEqual([2_000, 60_000, 30_000, 5])
    expect(() => Limits.make({ closeTimeout: "1500 micros" })).toThrow("Give whole milliseconds.")
    expect(() => Limits.make({ closeTimeout: "25 days" })).toThrow("limits.closeTimeout is \"25 days\"")
    expect(() => Limits.make({ keepaliveTimeout: 0 })).toThrow("1ms to 24.8 days")
  })

  it("a message is at most what a string can hold", () => {
    expect(Limits.make({ maxMessageSize: 2 ** 29 - 24 }).maxMessageSize).toBe(536_870_888)
    expect(() => Limits.make({ maxMessageSize: 2 ** 29 })).toThrow("536,870,888")
  })

  it("outboxResume is at most outboxSize, and a quarter of it unless given", () => {
    expect(Limits.make({ outboxSize: 4000 }).outboxResume).toBe(1000)
    expect(Limits.make({ outboxSize: 1 }).outboxResume).toBe(0)
    expect(Limits.make({ outboxSize: 4000, outboxResume: 4000 }).outboxResume).toBe(4000)
    expect(() => Limits.make({ outboxSize: 4000, outboxResume: 4001 })).toThrow(
      "the option limits.outboxResume is 4001, but must be at most limits.outboxSize, 4000."
    )
    expect(() => Limits.make({ outboxResume: 2_000_000 })).toThrow("limits.outboxResume")
    // whichever source each is from
    expect(() => Limits.make({ outboxResume: 5000 }, { outboxSize: 4000 })).toThrow("limits.outboxResume")
  })

  it("the table's defaults are the defaults", () => {
    for (const [name, rule] of Object.entries(Limits.options)) {
      expect(Limits.defaults).toHaveProperty(name, rule.default)
    }
  })
})
