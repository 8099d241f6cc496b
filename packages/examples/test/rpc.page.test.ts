/** The page of RPC: a stream and a call over a restart of the server. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { start } from "../src/rpc/main.js"
import { chromium, noChromium, open, tooWide } from "./pages.js"

describe.skipIf(noChromium)("the page of RPC", () => {
  it.scopedLive(
    "goes on after a restart: no number is missing, and the call is done by the next run",
    () =>
      Effect.gen(function*() {
        const url = yield* start(0)
        const browser = yield* chromium
        yield* Effect.promise(async () => {
          const problems: Array<string> = []
          const page = await open(browser, url, problems)
          await page.locator("#status[data-state=Open]").waitFor()
          await page.getByRole("button", { name: "Ask for work" }).click()
          await page.locator("#calls li", { hasText: "under way" }).waitFor()
          await page.getByRole("button", { name: "Restart the server" }).click()
          await page.locator("#status[data-state=Waiting]").waitFor()
          await page.locator("#calls li", { hasText: "RpcClientError, made again" }).waitFor()
          await page.locator("#calls li", { hasText: "done by run 2, made again after it failed" }).waitFor()
          expect(await page.locator("#run").innerText()).toBe("2")
          expect(await page.locator("#missing").innerText()).toBe("0")
          expect(await page.locator("#broken").innerText()).toBe("1")
          expect(await tooWide(page)).toEqual([])
          // While nobody listens, the browser says so by itself.
          expect(problems.filter((problem) => !problem.includes("WebSocket"))).toEqual([])
        })
      }),
    120_000
  )
})
