/** The same program in each browser that is installed, against our server and another. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Browser } from "./browsers/browsers.js"
import { chromium, firefox, open } from "./browsers/browsers.js"
import * as servers from "./browsers/servers.js"
import * as site from "./browsers/site.js"

const wanted = (canWait: boolean) => ({
  flood: canWait ? "waits" : "InboxFull",
  echoes: {
    subprotocol: { _id: "Option", _tag: "Some", value: "chat" },
    heard: ["né 🙂", [0, 1, 255], "one message"],
    outcome: "Clean us 4000 bye, 4000"
  },
  much: [64 * 32 * 1024, 0],
  ends: [
    "close 1000 done: Clean peer 1000 done, 1000, EndOfMessages",
    "close 1011 oops: Clean peer 1011 oops, 1011, PeerClosed",
    "drop: Dropped none -, -, ConnectionDropped"
  ],
  tooBig: expect.stringMatching(/^ProtocolFailure, Failed us 4009 .* 1000 bytes, 4009$/),
  survives: ["echo, drop", "again"],
  typed: [{ x: 3 }, "UnreadableMessage", "Clean us 4007 a message cannot be read, 4007"],
  nowhere: "Undisclosed"
})

/** What the page reports of each run, until it is done. */
const visit = (
  browser: Browser,
  script: string,
  runs: ReadonlyArray<{ readonly name: string; readonly url: string }>
) =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      const reports: Record<string, unknown> = {}
      let done = (): void => {}
      const whole = new Promise<void>((resolve) => (done = resolve))
      const opened = await site.open(script, { "/runs": { runs } }, ({ body, path }) => {
        if (path === "/done") return done()
        const { name, result } = body as { name: string; result: unknown }
        reports[name] = result
      })
      const end = open(browser, opened.url)
      return { opened, end, reports, whole }
    }),
    ({ reports, whole }) => Effect.as(Effect.promise(() => whole), reports),
    ({ end, opened }) =>
      Effect.sync(() => {
        end()
        opened.close()
      })
  )

describe("a page", () => {
  for (const browser of [chromium, firefox]) {
    if (browser.path === undefined) console.warn(`no ${browser.name}: its tests are skipped`)

    it.scopedLive.skipIf(browser.path === undefined)(
      `in ${browser.name}`,
      () =>
        Effect.gen(function*() {
          const [ours, theirs] = yield* Effect.all([servers.ours, servers.theirs])
          const script = yield* Effect.promise(() => site.bundle("program.ts"))
          const runs = [
            { name: "ours", url: ours, streams: false },
            { name: "ws", url: theirs.url, streams: false },
            { name: "ours, by streams where there are", url: ours, streams: true },
            { name: "ws, by streams where there are", url: theirs.url, streams: true }
          ]
          const reports = yield* visit(browser, script, runs)
          expect(reports).toEqual(Object.fromEntries(runs.map(({ name, streams }) => [
            name,
            wanted(streams && browser === chromium)
          ])))
        }),
      180_000
    )
  }
})
