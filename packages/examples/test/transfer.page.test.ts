/** The page of files: up with a bar, and down again as it was. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFile } from "node:fs/promises"
import { start } from "../src/transfer/main.js"
import { chromium, noChromium, open, tooWide } from "./pages.js"

describe.skipIf(noChromium)("the page of files", () => {
  it.scopedLive("sends a file and fetches it again", () =>
    Effect.gen(function*() {
      const url = yield* start(0)
      const browser = yield* chromium
      yield* Effect.promise(async () => {
        const problems: Array<string> = []
        const page = await open(browser, url, problems)
        const buffer = Buffer.alloc(5_000_000, "0123456789abcdef!")
        await page.getByLabel("Files to send").setInputFiles({
          name: `${"n".repeat(80)}.txt`,
          mimeType: "text/plain",
          buffer
        })
        const button = page.getByRole("button", { name: "Download" })
        await button.waitFor()
        expect(await page.locator("progress").evaluate((bar) => bar instanceof HTMLProgressElement && bar.value)).toBe(
          1
        )
        expect(await page.locator(".state").innerText()).toMatch(/^5\.0 MB of 5\.0 MB, .*SHA-256 [0-9a-f]{12}…$/)
        expect(await tooWide(page)).toEqual([])
        const [download] = await Promise.all([page.waitForEvent("download"), button.click()])
        expect(download.suggestedFilename()).toBe(`${"n".repeat(80)}.txt`)
        expect((await readFile(await download.path())).equals(buffer)).toBe(true)
        expect(problems).toEqual([])
      })
    }), 120_000)
})
