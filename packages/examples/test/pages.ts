/** Examples in headless Chromium. */
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import type { Browser, Page } from "playwright-core"
import { chromium as driver } from "playwright-core"

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)
if (executablePath === undefined) console.warn("no Chromium: the tests of pages are skipped")

export const noChromium = executablePath === undefined

export const chromium = Effect.acquireRelease(
  Effect.promise(() => driver.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] })),
  (browser) => Effect.promise(() => browser.close())
)

/** A tab of its own. What goes wrong on it comes into `problems`. */
export const open = async (browser: Browser, url: string, problems: Array<string>): Promise<Page> => {
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000) // the first to ask waits for the bundler, on a machine that may be busy
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
  page.on("pageerror", (error) => problems.push(error.message))
  await page.goto(url)
  return page
}

/** Elements that are wider than the page at 400 px. */
export const tooWide = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.setViewportSize({ width: 400, height: 700 })
  const found = await page.evaluate(() =>
    Array.from(document.querySelectorAll("body *"))
      .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
      .map((one) => one.outerHTML.slice(0, 100))
  )
  await page.setViewportSize({ width: 1200, height: 800 })
  return found
}
