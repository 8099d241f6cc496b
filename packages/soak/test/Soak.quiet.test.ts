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
})
