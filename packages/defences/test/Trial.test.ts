import { describe, expect, it } from "@effect/vitest"
import type { Defence } from "../src/Defence.js"
import * as Trial from "../src/Trial.js"

describe("a trial", () => {
  const defence: Defence = { against: "x", edit: { drop: "a" }, test: ["a/test/x.test.ts", "holds"] }
  const endless: Defence = { ...defence, shows: "a hang" }
  const stray: Defence = { ...defence, shows: "a stray error" }
  const report = (name: string, failure: string | undefined, others: Partial<Trial.Report> = {}): Trial.Report => ({
    tests: [{ file: "a/test/x.test.ts", name, failure, took: 1 }],
    unloaded: [],
    stray: false,
    ...others
  })
  const wrong = "AssertionError: wrong"
  const late = "Error: Test timed out in 20000ms."

  it("catches by the test that is named, and by no other", () => {
    expect(Trial.judge(defence, report("it holds", wrong))).toEqual({ _tag: "Caught", says: wrong })
    expect(Trial.judge(defence, report("it holds", undefined))._tag).toBe("Survived")
    expect(Trial.judge(defence, report("another", wrong))._tag).toBe("Survived")
  })

  it("counts a hang, and an error outside of tests, only where that is said", () => {
    expect([defence, endless].map((one) => Trial.judge(one, undefined)._tag)).toEqual(["Survived", "Caught"])
    expect([defence, endless].map((one) => Trial.judge(one, report("it holds", late))._tag))
      .toEqual(["Survived", "Caught"])
    const outside = report("it holds", undefined, { stray: true })
    expect([defence, endless, stray].map((one) => Trial.judge(one, outside)._tag))
      .toEqual(["Survived", "Survived", "Caught"])
  })

  it("says nothing when the edited sources do not load, or the tests are not there, or fail without the edit", () => {
    expect(Trial.judge(defence, report("it holds", undefined, { unloaded: ["syntax"] }))._tag).toBe("Unfit")
    expect(Trial.obstacle(defence, report("it holds", undefined))).toBeUndefined()
    expect(Trial.obstacle(defence, report("another", undefined))).toContain("no test of")
    expect(Trial.obstacle(defence, report("it holds", wrong))).toBe(wrong)
    expect(Trial.obstacle(defence, undefined)).toContain("do not end")
  })
})
