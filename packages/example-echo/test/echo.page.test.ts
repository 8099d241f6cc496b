/** The page in headless Chromium, as a person would use it. */
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import type { Browser, Page } from "playwright-core"
import { chromium } from "playwright-core"
import { type Service, start } from "./service.js"

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)
if (executablePath === undefined) console.warn("no Chromium: the tests of the page are skipped")

describe.skipIf(executablePath === undefined)("the page", () => {
  let service: Service
  let browser: Browser
  let page: Page
  const problems: Array<string> = []

  beforeAll(async () => {
    service = await start()
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] })
    page = await browser.newPage()
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
    page.on("pageerror", (error) => problems.push(error.message))
    await page.goto(service.http)
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await service.interrupt()
  })

  const connect = async (): Promise<void> => {
    await page.getByRole("button", { name: "Connect" }).click()
    await page.locator("#status[data-state=open]").waitFor()
  }

  const table = async (): Promise<Record<string, string>> => {
    await page.locator("#ending").waitFor({ state: "visible" })
    const rows = await page.locator("#behavior tbody tr").all()
    return Object.fromEntries(
      await Promise.all(
        rows.map(async (row) => [await row.locator("th").innerText(), await row.locator("td").first().innerText()])
      )
    )
  }

  it("sends text and a file, and has the server ping", async () => {
    await connect()
    await page.getByLabel("Text").fill("wie gehts <b>🙂</b>")
    await page.getByRole("button", { name: "Send text" }).click()
    await page.locator("[data-kind=received]", { hasText: "wie gehts <b>🙂</b>" }).waitFor()
    await page.locator("#file").setInputFiles({
      name: "octets.bin",
      mimeType: "application/octet-stream",
      buffer: Buffer.alloc(200_000, 3)
    })
    await page.getByRole("button", { name: "Send file" }).click()
    await page.locator("[data-kind=received]", { hasText: "binary" }).waitFor()
    await page.getByRole("button", { name: "Ping from the server" }).click()
    await expect.poll(() => page.locator("#latency").innerText()).toMatch(/ ms$/)
  })

  it("closes, and shows how the server saw it", async () => {
    await page.getByLabel("Code").fill("3001")
    await page.getByLabel("Reason").fill("bye <i>")
    await page.locator("#close-form button").click()
    const ended = await table()
    expect(Object.keys(ended)).toHaveLength(13)
    expect(ended).toMatchObject({
      isServer: "true",
      closedByMe: "false",
      droppedByMe: "true",
      wasClean: "true",
      wasNotCleanReason: "null",
      localCloseCode: "3001",
      remoteCloseCode: "3001",
      remoteCloseReason: "\"bye <i>\""
    })
  })

  it("shows the whole table where the page is 400 px wide", async () => {
    await page.setViewportSize({ width: 400, height: 800 })
    const wider = await page.evaluate(() => {
      const all = [document.documentElement, ...document.querySelectorAll("#ending, #ending *")]
      const isCut = (one: Element) => one.scrollWidth > one.clientWidth && getComputedStyle(one).display !== "inline"
      return all.filter(isCut).map((one) => `${one.tagName} ${one.scrollWidth} > ${one.clientWidth}`)
    })
    expect(wider).toEqual([])
    await page.setViewportSize({ width: 1280, height: 720 })
  })

  it("connects by keyboard, and keeps the focus", async () => {
    const button = page.getByRole("button", { name: "Connect" })
    await button.focus()
    await page.keyboard.press("Enter")
    await page.locator("#status[data-state=open]").waitFor()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("connect")
    const opened = await page.locator("[data-kind=life]", { hasText: "Connected to" }).count()
    await page.keyboard.press("Enter") // it is open: nothing to do
    expect(await page.locator("[data-kind=life]", { hasText: "Connected to" }).count()).toBe(opened)
    await page.getByLabel("Code").fill("1000")
    await page.locator("#close-form button").click()
    await page.locator("#status[data-state=closed]").waitFor()
  })

  it("has the server close", async () => {
    await connect()
    await page.getByLabel("The server closes").check()
    await page.getByLabel("Code").fill("4000")
    await page.getByLabel("Reason").fill("enough")
    await page.locator("#close-form button").click()
    await page.locator("#status[data-state=closed]").waitFor()
    expect(await table()).toMatchObject({ closedByMe: "true", localCloseCode: "4000", localCloseReason: "\"enough\"" })
  })

  it("says what is wrong with a code", async () => {
    await connect()
    await page.getByLabel("This page closes").check()
    await page.getByLabel("Code").fill("1002")
    await page.locator("#close-form button").click()
    await page.locator("#codes-hint[data-state=error]").waitFor()
    expect(problems).toEqual([])
  })
})
