/** The chat on three processes: one is killed while others speak, and whoever was connected to it misses nothing. */
import { describe, expect, it } from "@effect/vitest"
import * as Engines from "@effect-ws/benchmark/Engines"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Browser, Page } from "playwright-core"
import * as Proxy from "../src/proxies/Proxy.js"
import { chromium, noChromium, open, tooWide } from "./pages.js"

const program = fileURLToPath(new URL("../dist/bin/example.js", import.meta.url))

const isThere = Proxy.programOf("haproxy") !== undefined && Engines.find("redis") !== undefined
if (!isThere) console.warn("no haproxy, or no redis-server: the test of the chat on three processes is skipped")

/** The example as a user starts it: compiled, and with all that belongs to it. */
const start = Effect.gen(function*() {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [program, "chat-nodes", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] })
    ),
    (child) =>
      Effect.async<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGTERM")
      })
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = yield* Effect.promise(async () => String((await lines.next()).value))
  return /^Open (\S+) /.exec(line)?.[1] ?? ""
})

const enter = async (browser: Browser, url: string, name: string): Promise<Page> => {
  const page = await open(browser, url, [])
  await page.keyboard.type(name)
  await page.keyboard.press("Enter")
  await page.locator("#status", { hasText: /process \d+/ }).waitFor()
  return page
}

const processOf = async (page: Page): Promise<number> =>
  Number(/\d+/.exec(await page.locator("#status").innerText())?.[0] ?? NaN)

const say = async (page: Page, from: number, to: number): Promise<void> => {
  for (let n = from; n < to; n++) {
    await page.locator("#text").fill(`line ${n}`)
    await page.keyboard.press("Enter")
  }
}

const heard = (page: Page): Promise<ReadonlyArray<string>> => page.locator(".line .text").allInnerTexts()

const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}`)

describe.skipIf(noChromium || !isThere)("the page of the chat on three processes", () => {
  it.scopedLive("shows each line once and in order across the death of a process", () =>
    Effect.gen(function*() {
      const url = yield* start
      const browser = yield* chromium
      yield* Effect.promise(async () => {
        const ann = await enter(browser, url, "ann")
        const bob = await enter(browser, url, "bob")
        const killed = await processOf(ann)
        expect(await processOf(bob)).not.toBe(killed)
        await ann.locator("#people li", { hasText: "bob" }).waitFor() // who is on another process
        await say(bob, 0, 5)
        await expect.poll(() => heard(ann), { timeout: 120_000 }).toEqual(lines(0, 5))
        process.kill(killed, "SIGKILL")
        await say(bob, 5, 15) // while she is away
        await expect.poll(async () => Number.isNaN(await processOf(ann)) ? killed : processOf(ann), {
          timeout: 120_000
        })
          .not.toBe(killed)
        await say(bob, 15, 20)
        await expect.poll(() => heard(ann), { timeout: 120_000 }).toEqual(lines(0, 20))
        await say(ann, 20, 21)
        await expect.poll(() => heard(bob), { timeout: 120_000 }).toEqual(lines(0, 21))
        const people = () => ann.locator("#people li").allInnerTexts()
        await expect.poll(people, { timeout: 120_000 }).toEqual(["ann", "bob"])
        const folder = process.env["SCREENSHOTS"]
        for (const width of folder === undefined ? [] : [400, 1200]) {
          await ann.setViewportSize({ width, height: 700 })
          await ann.screenshot({ path: `${folder}/nodes-${width}.png` })
        }
        expect(await tooWide(ann)).toEqual([])
      })
    }), 600_000)
})
