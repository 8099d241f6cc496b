import { describe, expect, it } from "@effect/vitest"
import { randomMask } from "../src/transport/randomMask.js"

/** More than one pool. */
const keys = Array.from({ length: 5000 }, randomMask)

describe("6455 §5.3 a fresh key for each frame", () => {
  it("an unsigned 32-bit number", () => {
    expect(keys.filter((key) => key >>> 0 !== key)).toEqual([])
  })

  it("is not used again: of 5000, three repetitions come once in some hundred million runs", () => {
    expect(new Set(keys).size).toBeGreaterThanOrEqual(keys.length - 2)
  })

  it("every bit is set about half the time, in every part of the pool", () => {
    for (let bit = 0; bit < 32; bit++) {
      const set = keys.filter((key) => ((key >>> bit) & 1) === 1).length
      // Nine standard deviations.
      expect(Math.abs(set - 2500)).toBeLessThan(320)
    }
  })
})
