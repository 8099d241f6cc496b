/** The same program in each browser that is installed, on a page and in its Workers, against our server and another. */
import { describe, it } from "@effect/vitest"
import { chromium, firefox, open } from "./browsers/browsers.js"
import { behaves } from "./browsers/visit.js"

const places = ["page", "Worker", "SharedWorker"]

describe("a page and its Workers", () => {
  for (const browser of [chromium, firefox]) {
    if (browser.path === undefined) console.warn(`no ${browser.name}: its tests are skipped`)

    const abilities = { canWait: browser === chromium, mayLoseLastWords: false }
    it.scopedLive.skipIf(browser.path === undefined)(
      `in ${browser.name}`,
      () => behaves((url) => open(browser, `${url}workers`), abilities, places),
      180_000
    )
  }
})
