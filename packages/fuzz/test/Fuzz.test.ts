import { describe, expect, it } from "@effect/vitest"
import * as Fuzz from "../src/Fuzz.js"
import * as Target from "../src/Target.js"

describe("fuzz", () => {
  for (const target of Target.all) {
    it(`${target.name}: what was found once, and a short run`, () => {
      for (const input of Fuzz.keptFor(target)) target.check(input)
      expect(Fuzz.fuzz(target, { seed: 20261121, runs: 300 })).toEqual({ runs: 300, found: undefined })
    })
  }

  it("finds what does not hold", () => {
    const [target] = Target.all
    if (target === undefined) return
    const broken = {
      ...target,
      check: ({ octets }: { readonly octets: Uint8Array }) => {
        if (octets.includes(7)) throw new Error("seven")
      }
    }
    const { found } = Fuzz.fuzz(broken, { seed: 1, runs: 2000 })
    expect(found?.error).toContain("seven")
    expect(found?.input.octets).toContain(7)
  })
})
