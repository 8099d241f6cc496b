/** The page of proxies: connections that are silent for longer than the proxies wait. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { start } from "../src/proxies/main.js"
import { chromium, noChromium, open, tooWide } from "./pages.js"

describe.skipIf(noChromium)("the page of proxies", () => {
  it.scopedLive(
    "keeps a silent connection each way, for longer than a proxy's 5 seconds",
    () =>
      Effect.gen(function*() {
        const { url, ways } = yield* start(0)
        const browser = yield* chromium
        yield* Effect.promise(async () => {
          const problems: Array<string> = []
          const page = await open(browser, url, problems)
          for (const { name } of ways) {
            const card = page.locator(`#ways li[data-way=${name}]`)
            await card.locator(".status", { hasText: /silent for (7|8|9|1\d) s, and open/ }).waitFor()
          }
          expect(await tooWide(page)).toEqual([])
          expect(problems).toEqual([])
        })
      }),
    120_000
  )
})
