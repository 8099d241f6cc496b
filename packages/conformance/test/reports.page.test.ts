/** The pages in headless Chromium, on wide and on narrow screens, by day, by night, and on paper. */
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import type { Browser, Page } from "playwright-core"
import { chromium } from "playwright-core"
import * as CasePage from "../src/report/CasePage.js"
import * as IndexPage from "../src/report/IndexPage.js"
import { style } from "../src/report/style.js"
import { Results } from "../src/verdict/Results.js"
import { judgeServer } from "./peers.js"
import * as Testee from "./testee.js"

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)
if (executablePath === undefined) console.warn("no Chromium: the tests of the pages are skipped")

const names = [
  "ws",
  "a server with a long name, and words (linux; x64)",
  "org.example.averylongunbrokenagentname.WebSocketServerImplementation/12.0.1-SNAPSHOT",
  "FailsWith1000",
  "incomplete",
  "websocket_sharp",
  "Sec-WebSocket-Server@example.org:9001"
]

const examined = Effect.scoped(
  Effect.flatMap(
    Testee.server("ReplyWith1001"),
    (port) => judgeServer(port, "1.1.*,3.*,6.4.3,7.1.6,7.3.*,9.1.1,12.1.1,13.1.1")
  )
)

const under = (agents: ReadonlyArray<string>, found: Results): Results => {
  const results = new Results()
  for (const agent of agents) for (const result of found.all()) results.add({ ...result, agent })
  return results
}

const styled = (html: string): string =>
  html.replace("<link rel=\"stylesheet\" href=\"report.css\">", `<style>${style}</style>`)

describe.skipIf(executablePath === undefined)("the pages", () => {
  let browser: Browser
  let page: Page
  let pages: Record<string, string>

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] })
    page = await browser.newPage()
    const found = await Effect.runPromise(examined)
    const several = under(names, found)
    pages = {
      "one agent": styled(IndexPage.page(under(["ws"], found), new Date(0))),
      "several agents": styled(IndexPage.page(several, new Date(0)))
    }
    for (const id of ["6.4.3", "7.1.6", "7.3.5", "13.1.1"]) {
      pages[id] = styled(CasePage.page(several.get(names[2] ?? "", id)!, "12.1.1", "13.1.2"))
    }
  }, 60_000)

  afterAll(() => browser.close())

  it("are never wider than the screen", async () => {
    for (const width of [1280, 420, 320]) {
      await page.setViewportSize({ width, height: 1000 })
      for (const [name, html] of Object.entries(pages)) {
        await page.setContent(html)
        expect.soft(await page.evaluate("document.documentElement.scrollWidth"), `${name}, ${width}`)
          .toBeLessThanOrEqual(width)
      }
    }
  })

  it("break no name inside a word", async () => {
    for (const width of [1280, 420]) {
      await page.setViewportSize({ width, height: 1000 })
      await page.setContent(pages["several agents"] ?? "")
      const broken = await page.evaluate(`
        [...document.querySelectorAll(".sums th, th.agent, .label")].flatMap((element) => {
          const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
          return texts.flatMap((node) => [...node.data.matchAll(/\\S+/g)].filter(({ 0: word, index }) => {
            const range = document.createRange()
            range.setStart(node, index)
            range.setEnd(node, index + word.length)
            return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1
          }).map(([word]) => word))
        })`)
      expect(broken).toEqual([])
    }
  })

  it("show the matrix soon, however many agents there are", async () => {
    await page.setViewportSize({ width: 1280, height: 1000 })
    await page.setContent(pages["several agents"] ?? "")
    expect(await page.evaluate("document.querySelector('.matrix').getBoundingClientRect().top")).toBeLessThan(750)
    expect(await page.locator(".map").first().isVisible()).toBe(false)
    await page.locator("summary").click()
    expect(await page.locator(".map").count()).toBe(names.length)
    expect(await page.locator(".map").first().isVisible()).toBe(true)
    await page.setContent(pages["one agent"] ?? "")
    expect(await page.locator(".map").isVisible()).toBe(true)
  })

  it("are dark where that is wanted, and light on paper", async () => {
    const background = "getComputedStyle(document.body).backgroundColor"
    await page.setContent(pages["one agent"] ?? "")
    await page.emulateMedia({ colorScheme: "light" })
    expect(await page.evaluate(background)).toBe("rgb(246, 247, 249)")
    await page.emulateMedia({ colorScheme: "dark" })
    expect(await page.evaluate(background)).toBe("rgb(18, 22, 28)")
    await page.emulateMedia({ colorScheme: "dark", media: "print" })
    expect(await page.evaluate(background)).toBe("rgb(255, 255, 255)")
    expect(await page.locator(".controls").isVisible()).toBe(false)
    await page.emulateMedia({ colorScheme: "light", media: "screen" })
  })

  it("can be used with the keyboard", async () => {
    await page.setViewportSize({ width: 1280, height: 1000 })
    await page.setContent(pages["one agent"] ?? "")
    const focused = () => page.evaluate("(({ id, textContent }) => id || textContent.trim())(document.activeElement)")
    const seen: Array<unknown> = []
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press("Tab")
      seen.push(await focused())
      expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid")
    }
    // The squares of the map lead where the cells of the matrix do: they would only be in the way.
    expect(seen).toEqual(["odd", "closing", "Pass"])
    const closing = page.locator(".closing").first()
    expect(await closing.isVisible()).toBe(true)
    await page.locator("#closing").press(" ")
    expect(await closing.isVisible()).toBe(false)
    await page.locator("#odd").press(" ")
    expect(await page.locator("tr", { hasText: "3.1" }).first().isVisible()).toBe(false)
  })
})
