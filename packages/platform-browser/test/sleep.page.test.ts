/** A page that loses its network, and one that goes into the back/forward cache and comes out of it, in Chromium. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chromium as playwright } from "playwright-core"
import { chromium } from "./browsers/browsers.js"
import * as servers from "./browsers/servers.js"
import * as site from "./browsers/site.js"

/** A page with a connection that is open. */
const visited = Effect.gen(function*() {
  const server = yield* servers.theirs
  const script = yield* Effect.promise(() => site.bundle("kept.ts"))
  const { opened, page } = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const opened = await site.open(script, { "/runs": { url: server.url } }, () => {})
      const browser = await playwright.launch({
        executablePath: chromium.path ?? "",
        args: ["--no-sandbox"],
        ignoreDefaultArgs: ["--disable-back-forward-cache"]
      })
      return { opened, browser, page: await browser.newPage() }
    }),
    ({ browser, opened }) =>
      Effect.promise(async () => {
        await browser.close()
        opened.close()
      })
  )
  const until = (title: string) => page.waitForFunction((wanted) => document.title === wanted, title)
  yield* Effect.promise(async () => {
    await page.goto(opened.url)
    await until("Open")
  })
  return { opened, page, server, until }
})

describe.skipIf(chromium.path === undefined)("a page that keeps a connection", () => {
  it.scopedLive("tries again when the network is back", () =>
    Effect.gen(function*() {
      const { page, server, until } = yield* visited
      yield* Effect.promise(async () => {
        server.drop()
        await until("Waiting")
        await page.context().setOffline(true)
        await page.context().setOffline(false)
        await until("Open")
      })
    }), 120_000)

  it.scopedLive(
    "goes into the back/forward cache, and has a connection when it comes back",
    () =>
      Effect.gen(function*() {
        const { opened, page, server, until } = yield* visited
        yield* Effect.promise(async () => {
          await page.goto(`${opened.url}elsewhere`)
          await page.goBack({ waitUntil: "commit" }) // a page from the cache is not loaded again
          await until("Open")
          expect(await page.evaluate(() => globalThis.hasComeBack)).toBe(true)
        })
        expect(server.opened()).toBe(2)
      }),
    120_000
  )
})
