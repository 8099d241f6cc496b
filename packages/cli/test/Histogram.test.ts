import { describe, expect, it } from "@effect/vitest"
import { Histogram } from "../src/load/Histogram.js"
import { show, toJson } from "../src/load/Result.js"

const of = (...values: ReadonlyArray<number>): Histogram => {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

describe("a histogram", () => {
  it("has quantiles that are at most a 32nd too large, and never beyond the largest", () => {
    for (const value of [0, 1, 31, 32, 33, 63, 64, 1000, 4095, 4096, 123_456, 59_999_999, 2 ** 34]) {
      const quantile = of(value).quantile(0.5)
      expect([value, quantile]).toEqual([value, value])
      const [low, high] = [of(value, 2 ** 35).quantile(0.5), value * (1 + 1 / 32)]
      expect(low).toBeGreaterThanOrEqual(value)
      expect(low).toBeLessThanOrEqual(high)
    }
  })

  it("has each part of what was recorded", () => {
    const histogram = of(...Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(histogram.quantile(0.5) / 500).toBeCloseTo(1, 1)
    expect(histogram.quantile(0.99) / 990).toBeCloseTo(1, 1)
    expect([histogram.quantile(1), histogram.max, histogram.count]).toEqual([1000, 1000, 1000])
  })

  it("takes what is no time, and what is too long, without a fault", () => {
    const histogram = of(NaN, -1, Infinity, 2 ** 60)
    expect(histogram.count).toBe(4)
    expect(histogram.bars().reduce((sum, { count }) => sum + count, 0)).toBe(4)
    expect(of().quantile(0.5)).toBe(0)
  })

  it("shows bars by powers of two", () => {
    expect(of(1000, 1024, 1025, 3000).bars()).toEqual([{ upTo: 1024, count: 1 }, { upTo: 2048, count: 2 }, {
      upTo: 4096,
      count: 1
    }])
  })
})

describe("a result", () => {
  const result = {
    opened: 2,
    openedAfter: 12.34,
    seconds: 2,
    size: 1000,
    times: of(1000, 2000, 3000),
    failures: new Map([["lost", 1]])
  }

  it("is for programs", () => {
    expect(toJson(result)).toMatchObject({
      connections: 2,
      messages: 3,
      messagesPerSecond: 1.5,
      latencyMs: { max: 3 },
      failures: { lost: 1 }
    })
  })

  it("is for people", () => {
    expect(show(result)).toContain("answers      3 in 2 s: 1.5 a second, 0 MB/s each way")
    expect(show({ ...result, times: of(), failures: new Map() })).toContain("max 0.000 ms")
  })
})
