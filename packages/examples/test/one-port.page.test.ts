/** The page that four frameworks serve: what each port answers, and the way from one to the next. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { start } from "../src/one-port/main.js"
import { chromium, noChromium, open, tooWide } from "./pages.js"

describe.skipIf(noChromium)("the page on one port with a framework", () => {
  it.scopedLive("asks each for its route and its WebSocket", () =>
    Effect.gen(function*() {
      const servers = yield* start(0)
      const browser = yield* chromium
      yield* Effect.promise(async () => {
        const page = await open(browser, servers[0]?.url ?? "", [])
        for (const { name } of servers) {
          await page.getByRole("link", { name }).click()
          await page.locator("[aria-current]", { hasText: name }).waitFor()
          await page.getByText(`200: ${name}`).waitFor()
          await page.getByText("404: the framework has no such route").waitFor()
          await page.getByText("Undisclosed: refused").waitFor()
          await page.getByLabel("Text to send").fill(`to ${name}`)
          await page.getByRole("button", { name: "Send" }).click()
          await page.locator("#echoes", { hasText: `to ${name}` }).waitFor()
          expect(await tooWide(page)).toEqual([])
        }
      })
    }), 120_000)
})
