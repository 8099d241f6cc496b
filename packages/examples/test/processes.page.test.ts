/** The page of several processes: all are replaced, and each client comes back with nothing lost. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chromium, noChromium, open, tooWide } from "./pages.js"
import { start } from "./processes.js"

describe.skipIf(noChromium || process.platform === "win32")("the page of several processes", () => {
  it.scopedLive(
    "shows a rolling restart: every client is told 1012, and served by another process",
    () =>
      Effect.gen(function*() {
        const program = yield* start
        const browser = yield* chromium
        yield* Effect.promise(async () => {
          const problems: Array<string> = []
          const page = await open(browser, program.url, problems)
          await page.locator("#clients li[data-shade]").nth(11).waitFor()
          const served = () => page.locator("#clients strong").allInnerTexts()
          const before = new Set(await served())
          await page.getByRole("button", { name: "Replace all processes" }).click()
          expect(await Effect.runPromise(program.line)).toBe("what was due is replaced")
          await expect.poll(async () => (await served()).every((by) => /^process \d+$/.test(by) && !before.has(by)), {
            timeout: 30_000
          }).toBe(true)
          expect(Number(await page.locator("#told").innerText())).toBeGreaterThanOrEqual(12)
          expect(await tooWide(page)).toEqual([])
          expect(problems.filter((problem) => !problem.includes("WebSocket"))).toEqual([])
        })
      }),
    180_000
  )
})
