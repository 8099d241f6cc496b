/** Runs `program.ts` somewhere, and collects what it reports; and what it should report. */
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as servers from "./servers.js"
import * as site from "./site.js"

/** Starts it there; answers how to end it. */
export type Start = (url: string, script: string) => () => void

export interface Abilities {
  /** Whether it has a `WebSocketStream`. */
  readonly canWait: boolean
  /** Whether it may forget a message behind which the connection was lost, as Node does. */
  readonly mayLoseLastWords: boolean
}

const wanted = ({ canWait, mayLoseLastWords }: Abilities) => ({
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
  lastWords: mayLoseLastWords
    ? expect.stringMatching(/^(echo, drop: )?ConnectionDropped$/)
    : "echo, drop: ConnectionDropped",
  survives: ["once", "again"],
  typed: [{ x: 3 }, "UnreadableMessage", "Clean us 4007 a message cannot be read, 4007"],
  nowhere: "Undisclosed"
})

/** What it reports of each run, until it is done in so many places. */
const visit = (
  start: Start,
  script: string,
  runs: ReadonlyArray<{ readonly name: string; readonly url: string }>,
  places: number
) =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      const reports: Record<string, unknown> = {}
      let [left, done] = [places, (): void => {}]
      const whole = new Promise<void>((resolve) => (done = resolve))
      const opened = await site.open(script, { "/runs": { runs } }, ({ body, path }) => {
        if (path === "/done") return --left === 0 ? done() : undefined
        const { name, result } = body as { name: string; result: unknown }
        reports[name] = result
      })
      const end = start(opened.url, script)
      return { opened, end, reports, whole }
    }),
    ({ reports, whole }) => Effect.as(Effect.promise(() => whole), reports),
    ({ end, opened }) =>
      Effect.sync(() => {
        end()
        opened.close()
      })
  )

/** Against our server and `ws`, by the host's `WebSocket` and, where it has one, its `WebSocketStream`. */
export const behaves = (start: Start, abilities: Abilities, places: ReadonlyArray<string> = ["page"]) =>
  Effect.gen(function*() {
    const [ours, theirs] = yield* Effect.all([servers.ours, servers.theirs])
    const script = yield* Effect.promise(() => site.bundle("program.ts"))
    const runs = [
      { name: "ours", url: ours, streams: false },
      { name: "ws", url: theirs.url, streams: false },
      { name: "ours, by streams where there are", url: ours, streams: true },
      { name: "ws, by streams where there are", url: theirs.url, streams: true }
    ]
    const reports = yield* visit(start, script, runs, places.length)
    expect(reports).toEqual(Object.fromEntries(places.flatMap((place) =>
      runs.map(({ name, streams }) => [
        `${place}: ${name}`,
        wanted({ ...abilities, canWait: streams && abilities.canWait })
      ])
    )))
  })
