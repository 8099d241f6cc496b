import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Peers from "../src/Peers.js"
import * as Server from "../src/Server.js"
import type { Fault } from "../src/Sides.js"
import * as Soak from "../src/Soak.js"
import { Tally } from "../src/Tally.js"
import * as Usage from "../src/Usage.js"
import * as Verdict from "../src/Verdict.js"

/** Both sides in this process. */
const soak = (fault: Fault, seconds: number) =>
  Effect.gen(function*() {
    const server = yield* Server.make(fault, new Tally())
    const peers = yield* Peers.make(new Tally())
    return yield* Soak.run(server, peers, {
      minutes: seconds / 60,
      seed: 20261121,
      connections: 21,
      warmUpSeconds: 1,
      restartEverySeconds: 60,
      sampleEverySeconds: 1,
      settleSeconds: 0.5,
      progress: () => Effect.void
    })
  }).pipe(Effect.scoped, Usage.counted, Effect.provide(Logger.remove(Logger.defaultLogger)))

const usage: Usage.Usage = {
  cpu: 0,
  heap: 0,
  external: 0,
  rss: 0,
  stall: 0,
  descriptors: 20,
  fibers: 7,
  resources: { Timeout: 1 }
}

const side = (after: Partial<Usage.Usage>, tallied: Partial<Soak.Side["tallied"]> = {}): Soak.Side => ({
  tallied: { ...new Tally().tallied, ...tallied },
  before: usage,
  after: { ...usage, ...after },
  samples: Array.from(
    { length: 10 },
    (_, minute) => ({ minute, usage: { ...usage, heap: (after.heap ?? 0) * minute } })
  )
})

const result = (server: Soak.Side, peers = side({})): Soak.Result => ({
  date: "2026-11-21",
  node: "20",
  seed: 1,
  connections: 1,
  minutes: 10,
  restarts: 1,
  server,
  peers
})

describe("a soak", () => {
  it.live("of some seconds, with restarts, loses, alters and leaks nothing", () =>
    Effect.gen(function*() {
      const result = yield* soak("none", 2)
      expect([Verdict.complaints(result), result.peers.tallied.surprises, result.server.tallied.surprises])
        .toEqual([[], [], []])
      expect(result.restarts).toBe(2)
      expect(result.server.tallied.outcomes["Clean 1000/1000, closed by peer"]).toBeGreaterThan(0)
      expect(Object.keys(result.peers.tallied.kinds).length).toBeGreaterThan(8)
      expect(Verdict.tables(result).length).toBe(4)
    }), 180_000)

  it.live(
    "notices what is altered",
    () =>
      Effect.map(
        soak("alters", 0.5),
        (result) => expect(Verdict.complaints(result).join()).toMatch(/peers: \d+ altered/)
      ),
    180_000
  )

  it("complains of all that must not be, and of nothing else", () => {
    expect(Verdict.complaints(result(side({})))).toEqual([])
    expect(Verdict.complaints(result(side({ descriptors: 21, fibers: 8, resources: { Timeout: 2 } }, { open: 1 }))))
      .toEqual([
        "server: 20 descriptors before, 21 after",
        "server: 7 fibers before, 8 after",
        "server: 1 Timeout before, 2 after",
        "server: 1 connections are still open"
      ])
    const counts = { lost: 1, altered: 2, unexpected: 3, uncaught: 4 }
    expect(Verdict.complaints(result(side({}), side({}, counts)))).toEqual([
      "peers: 1 lost",
      "peers: 2 altered",
      "peers: 3 unexpected",
      "peers: 4 uncaught"
    ])
    const grown = Verdict.tolerance.memory + 1
    expect(Verdict.complaints(result(side({ heap: grown })))).toEqual([
      "server: 4.0 MiB more memory is held than before",
      "server: memory grows by 4096.0 KiB a minute"
    ])
  })
})
