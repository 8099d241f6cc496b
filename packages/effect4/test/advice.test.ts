import { expect, it } from "vitest"
import { advice } from "../src/advice.js"

const problem = (file: string, name: string) => ({ file, line: 3, name, why: "there is no such name in the table" })

it("says which table wants a line, and what else there is to do", () => {
  const said = advice([problem("platform/src/A.ts", "effect/Effect#whenLogLevel")])
  expect(said).toContain("platform/src/A.ts:3: effect/Effect#whenLogLevel: there is no such name in the table\n")
  expect(said).toContain("Add it to packages/effect4/src/tables/effect.ts, ")
  expect(said).toContain("packages/effect4/src/leftOut.ts")
})

it("names each table once", () => {
  const said = advice([
    problem("a/test/A.test.ts", "effect/STM"),
    problem("a/src/A.ts", "@effect/platform/Socket#make"),
    problem("a/src/A.ts", "@effect/platform/Socket#other")
  ])
  expect(said).toContain("Add it to packages/effect4/src/tables/tests.ts or packages/effect4/src/tables/platform.ts, ")
})

it("is only the list where no name is unknown", () => {
  expect(advice([{ file: "a/test/A.test.ts", line: 1, name: "a title", why: "there is no such test to be skipped" }]))
    .toBe(
      "a/test/A.test.ts:1: a title: there is no such test to be skipped"
    )
})
