/** The inspector of the echo service in headless Chromium: live, on two widths, in both color schemes, by keyboard. */
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { once } from "node:events"
import { existsSync } from "node:fs"
import type { Browser, Page } from "playwright-core"
import { chromium } from "playwright-core"
import Ws from "ws"
import { type Service, start } from "./service.js"

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)
if (executablePath === undefined) console.warn("no Chromium: the tests of the inspector are skipped")

describe.skipIf(executablePath === undefined)("the inspector", () => {
  let service: Service
  let browser: Browser
  let page: Page
  const problems: Array<string> = []
  const requested: Array<string> = []

  beforeAll(async () => {
    service = await start()
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] })
    page = await browser.newPage()
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
    page.on("pageerror", (error) => problems.push(error.message))
    page.on("request", (request) => requested.push(request.url()))
    await page.goto(service.inspector)
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await service.interrupt()
  })

  const open = async (path: string): Promise<Ws> => {
    const socket = new Ws(`${service.ws}${path}`)
    await once(socket, "open")
    return socket
  }

  /** Elements that are wider than what they stand in. */
  const cut = () =>
    page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll("main *, .sheet *")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display === "block")
        .map((one) => `${one.tagName}.${one.className} ${one.scrollWidth} > ${one.clientWidth}`)
    )

  it("shows a connection while it is open, and its report a second after it ended", async () => {
    const socket = await open("room?token=s3cret")
    socket.send("hello <b>")
    const row = page.locator("tr", { hasText: "/room" })
    await row.waitFor()
    await expect.poll(() => row.locator("td").nth(4).innerText()).toBe("1")
    socket.close(4001, "enough <i>")
    const ended = page.locator("tr", { hasText: "/room" }).filter({ hasText: "Clean" })
    await ended.waitFor()
    await ended.getByRole("link").click()
    await page.getByRole("heading", { name: "Closing" }).waitFor()
    const text = await page.locator("body").innerText()
    expect(text).toContain("hello <b>")
    expect(text).toContain("enough <i>")
    expect(text).not.toContain("s3cret")
    await page.getByRole("link", { name: "all connections" }).click()
  })

  it("is led to by the echo page, where a connection has ended", async () => {
    await page.goto(service.http)
    await page.getByRole("button", { name: "Connect" }).click()
    await page.locator("#status[data-state=open]").waitFor()
    await page.locator("#close-form button").click()
    await page.getByRole("link", { name: "The whole report" }).click()
    await page.getByRole("heading", { name: "Opening handshake" }).waitFor()
    await page.goto(service.inspector)
  })

  it("counts ends by their kind", async () => {
    const socket = await open("lost")
    socket.terminate()
    await page.locator(".legend li", { hasText: "Dropped" }).filter({ hasText: "1" }).waitFor()
    expect(await page.locator(".chart rect.none title").textContent()).toBe("1 Dropped")
    expect(await page.locator(".chart").getAttribute("aria-label")).toContain("of the last hour")
  })

  it("keeps the focus while it goes on, and stands still when it is paused", async () => {
    const link = page.locator("tr", { hasText: "/lost" }).getByRole("link")
    await link.focus()
    const id = await link.getAttribute("id")
    const marked = () => page.evaluate(() => document.querySelector("#live > *")?.hasAttribute("data-mark"))
    const mark = () => page.evaluate(() => document.querySelector("#live > *")?.setAttribute("data-mark", ""))
    await mark()
    await expect.poll(marked).toBe(false) // what is shown was put in anew
    expect(await page.evaluate(() => document.activeElement?.id)).toBe(id)
    await page.getByRole("button", { name: "Pause" }).focus()
    await page.keyboard.press("Enter")
    await page.locator("#state", { hasText: "paused" }).waitFor()
    await mark()
    await open("later")
    await page.waitForTimeout(2500)
    expect(await marked()).toBe(true)
    await page.keyboard.press("Enter")
    await page.locator("tr", { hasText: "/later" }).waitFor()
    await page.keyboard.press("Tab") // from the button into what is shown
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("A")
  })

  it("stands still while text of it is selected, to be copied", async () => {
    await page.evaluate(() => getSelection()?.selectAllChildren(document.querySelector("#ends") ?? document.body))
    await page.locator("#state", { hasText: "waits while text is selected" }).waitFor()
    await page.waitForTimeout(1500)
    expect(await page.evaluate(() => String(getSelection()))).toBe("How connections ended")
    await page.evaluate(() => getSelection()?.removeAllRanges())
    await page.locator("#state", { hasText: /^live$/ }).waitFor()
  })

  it("has addresses in one line beside a long path, whose row begins at its top", async () => {
    const socket = await open("long-without-an-end".repeat(20))
    await page.setViewportSize({ width: 1200, height: 900 })
    await page.locator("tr", { hasText: "/long-without" }).waitFor()
    const [path, peer] = await page.evaluate(() => { // at once: what is shown is put in anew
      const row = [...document.querySelectorAll("tr")].find(({ textContent }) => textContent?.includes("/long-without"))
      return ["a", "td.word > *"].map((selector) => {
        const { height, y } = row?.querySelector(selector)?.getBoundingClientRect() ?? { height: 0, y: 0 }
        return { height, y }
      })
    })
    expect(path?.height).toBeGreaterThan(60)
    expect(peer?.height).toBeGreaterThan(10)
    expect(peer?.height).toBeLessThan(30)
    expect(Math.abs((path?.y ?? 0) - (peer?.y ?? 99))).toBeLessThan(10)
    socket.terminate()
  })

  for (const [width, height] of [[1280, 900], [390, 844]] as const) {
    for (const colorScheme of ["light", "dark"] as const) {
      it(`is whole where it is ${width} px wide, and ${colorScheme}`, async () => {
        await page.setViewportSize({ width, height })
        await page.emulateMedia({ colorScheme })
        await page.goto(service.inspector)
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
        expect(background).toBe(colorScheme === "light" ? "rgb(246, 247, 249)" : "rgb(18, 22, 28)")
        expect(await cut()).toEqual([])
        await page.goto(`${service.inspector}connections/1`)
        expect(await cut()).toEqual([])
      })
    }
  }

  it("asks for nothing elsewhere, and breaks no policy", () => {
    const { origin } = new URL(service.http)
    expect(requested.filter((url) => !url.startsWith(origin))).toEqual([])
    expect(problems).toEqual([])
  })
})
