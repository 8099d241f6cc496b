/** A page that loses its network, one that is hidden, and one that goes into the back/forward cache and comes out of it. */
import { describe, expect, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { chromium, firefox } from "./browsers/browsers.js"
import { drive, type Driven, until } from "./browsers/driven.js"
import * as servers from "./browsers/servers.js"
import * as site from "./browsers/site.js"

class Page extends Context.Tag("Page")<Page, Driven>() {}

/** One at this path, with a connection that is open. */
const visited = (path = "") =>
  Effect.gen(function*() {
    const page = yield* Page
    const server = yield* servers.theirs
    const { url } = yield* Effect.acquireRelease(
      Effect.promise(async () => site.open(await site.bundle("kept.ts"), { "/runs": { url: server.url } }, () => {})),
      ({ close }) => Effect.sync(close)
    )
    yield* Effect.promise(async () => {
      await page.goto(url + path)
      await until(page, "Open")
    })
    const lose = async () => {
      server.drop()
      await until(page, "Waiting")
    }
    return { page, url, lose, opened: server.opened }
  })

for (const browser of [chromium, firefox]) {
  const [options, title] = [{ timeout: 120_000, excludeTestServices: true }, `a page in ${browser.name}`]
  describe.skipIf(browser.path === undefined)(title, () => {
    layer(Layer.scoped(Page, drive(browser)), options)((it) => {
      it.scoped("tries again when the network or it is back", () =>
        Effect.gen(function*() {
          const { lose, opened, page, url } = yield* visited()
          yield* Effect.promise(async () => {
            await lose()
            await page.setOffline(true)
            expect(await page.evaluate("navigator.onLine")).toBe(false)
            await page.setOffline(false)
            await until(page, "Open")
            expect(opened()).toBe(2)

            await lose()
            const uncover = await page.cover()
            expect(await page.evaluate("document.visibilityState")).toBe("hidden")
            await uncover()
            await until(page, "Open")
            expect(opened()).toBe(3)

            await lose()
            await page.goto(`${url}elsewhere`)
            await page.back() // it comes out of the back/forward cache
            await until(page, "Open")
            expect(await page.evaluate("hasComeBack")).toBe(true)
            expect(opened()).toBe(4)
          })
        }))

      it.scoped("tries again in a Worker that is told", () =>
        Effect.gen(function*() {
          const { lose, opened, page } = yield* visited("told")
          yield* Effect.promise(async () => {
            await lose()
            await page.setOffline(true)
            await page.setOffline(false)
            await until(page, "Open")
          })
          expect(opened()).toBe(2)
        }))

      // Firefox keeps a page out of the cache while it has a WebSocket that is open, and tells it nothing: it is loaded anew.
      it.scoped("has a connection when it comes back, whether out of the cache or anew", () =>
        Effect.gen(function*() {
          const { opened, page, url } = yield* visited()
          yield* Effect.promise(async () => {
            await page.goto(`${url}elsewhere`)
            await page.back()
            await until(page, "Open")
            expect(await page.evaluate("hasComeBack")).toBe(browser === chromium)
          })
          expect(opened()).toBe(2)
        }))
    })
  })
}
