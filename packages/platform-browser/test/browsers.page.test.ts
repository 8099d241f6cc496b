/** The same program in each browser that is installed, against our server and another. */
import { describe, it } from "@effect/vitest"
import { chromium, firefox, open } from "./browsers/browsers.js"
import { behaves } from "./browsers/visit.js"

describe("a page", () => {
  for (const browser of [chromium, firefox]) {
    if (browser.path === undefined) console.warn(`no ${browser.name}: its tests are skipped`)

    it.scopedLive.skipIf(browser.path === undefined)(
      `in ${browser.name}`,
      () => behaves((url) => open(browser, url), { canWait: browser === chromium, mayLoseLastWords: false }),
      180_000
    )
  }
})
