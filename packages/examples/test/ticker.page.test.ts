/** The ticker's page: prices that move, and a choice of pace that takes. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { start } from "../src/ticker/main.js"
import { chromium, noChromium, open, tooWide } from "./pages.js"

describe.skipIf(noChromium)("the ticker's page", () => {
  it.scopedLive("shows prices, and what is skipped at a slower pace", () =>
    Effect.gen(function*() {
      const url = yield* start(0)
      const browser = yield* chromium
      yield* Effect.promise(async () => {
        const problems: Array<string> = []
        const page = await open(browser, url, problems)
        await page.locator("#status[data-state=Open]").waitFor()
        await page.locator("#board li").nth(11).waitFor()
        const first = await page.locator("#board strong").allInnerTexts()
        await expect.poll(() => page.locator("#board strong").allInnerTexts()).not.toEqual(first)
        await page.getByLabel("Send me prices").selectOption("twice a second")
        await expect.poll(async () => Number(await page.locator("#skipped").innerText()), { timeout: 15_000 })
          .toBeGreaterThan(0)
        expect(await tooWide(page)).toEqual([])
        expect(problems).toEqual([])
      })
    }), 120_000)
})
