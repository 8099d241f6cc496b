/** Our part of a page is as large as it is said to be, and has nothing of Node. */
import { describe, expect, it } from "vitest"
import { compare, documented, measure, table } from "../bundle.mjs"

describe("bundles", () => {
  it("are as large as is committed, within a twentieth", async () => {
    expect(compare(await measure()), "If that is meant, run: npm run bundle -- --update").toEqual([])
  }, 120_000)

  it("docs/guides/browser.md says how large", () => {
    expect(documented()).toBe(table())
  })

  it("one that is off is told", () => {
    const sizes = { a: { minified: 1000 }, b: { minified: 1000 } }
    expect(compare({ a: { minified: 1050 }, b: { minified: 1051 } }, sizes)).toEqual([
      "b: 1051 bytes, and 1000 are committed"
    ])
  })
})
