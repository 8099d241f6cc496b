/** The chat's page, in two tabs, by keyboard. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Browser, Page } from "playwright-core"
import { start } from "../src/chat/main.js"
import { chromium, noChromium, open, tooWide } from "./pages.js"

const enter = async (browser: Browser, url: string, name: string, problems: Array<string>): Promise<Page> => {
  const page = await open(browser, url, problems)
  await page.keyboard.type(name) // the focus is where it should be
  await page.keyboard.press("Enter")
  await page.locator("#status[data-state=Open]").waitFor()
  return page
}

const names = (page: Page): Promise<ReadonlyArray<string>> => page.locator("#people li").allInnerTexts()

describe.skipIf(noChromium)("the chat's page", () => {
  it.scopedLive("shows who is there, and what each of two tabs says", () =>
    Effect.gen(function*() {
      const url = yield* start(0)
      const browser = yield* chromium
      yield* Effect.promise(async () => {
        const problems: Array<string> = []
        const ann = await enter(browser, url, "ann", problems)
        await ann.keyboard.type("hello <b>you</b>")
        await ann.keyboard.press("Enter")
        await ann.locator(".mine", { hasText: "hello <b>you</b>" }).waitFor()
        const bob = await enter(browser, url, "bob", problems)
        await bob.locator(".line:not(.mine)", { hasText: "hello <b>you</b>" }).waitFor() // of the history
        await ann.locator("#people li", { hasText: "bob" }).waitFor()
        expect(await names(ann)).toEqual(["ann", "bob"])
        await bob.keyboard.type("x".repeat(300))
        await bob.keyboard.press("Enter")
        await ann.locator(".line", { hasText: "xxx" }).waitFor()
        expect(await tooWide(ann)).toEqual([])
        await bob.getByRole("button", { name: "Leave" }).click()
        await bob.getByLabel("Name").waitFor()
        await ann.locator(".note", { hasText: "bob left" }).waitFor()
        expect(await names(ann)).toEqual(["ann"])
        expect(problems).toEqual([])
      })
    }), 120_000)
})
