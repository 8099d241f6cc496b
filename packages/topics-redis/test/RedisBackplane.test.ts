/** Redis passes what every backplane has to: publish/subscribe, and (in `test:long`) sharded. Skipped where redis-server is not installed. */
import { describe, expect, it } from "@effect/vitest"
import * as Engines from "@effect-ws/benchmark/Engines"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import { Backplane } from "@effect-ws/platform/Backplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as RedisBackplane from "@effect-ws/topics-redis/RedisBackplane"
import { createClient } from "@redis/client"
import * as Effect from "effect/Effect"
import { eventually, listening, type Setting, suite } from "../../platform/test/backplanes.js"

const setting = (sharded: boolean) =>
  Effect.map(Engines.start("redis"), ({ kill, port, start }): Setting => {
    const url = `redis://127.0.0.1:${port}`
    const backplane = RedisBackplane.make({ url, sharded })
    const another = RedisBackplane.make({ url, sharded, prefix: "effect-ws:t:" })
    return {
      backplane,
      node: (options) => Effect.provideService(Topics.make(options), Backplane, backplane),
      stranger: (options) => Effect.provideService(Topics.make(options), Backplane, another),
      down: kill,
      up: start,
      patterns: !sharded,
      keeps: true
    }
  })

if (Engines.find("redis") === undefined) {
  describe.skip("Redis: redis-server is not installed", () => it("is not tried", () => {}))
} else {
  suite("Redis", setting(false), process.env["LONG"] !== undefined)
  it.scopedLive("a subscription that Redis refuses is told of once, and comes when it is granted", () =>
    Effect.gen(function*() {
      const { port } = yield* Engines.start("redis")
      const admin = yield* Effect.acquireRelease(
        Effect.promise(() => createClient({ url: `redis://127.0.0.1:${port}` }).connect()),
        (client) => Effect.sync(() => client.destroy())
      )
      const allow = (...rules: ReadonlyArray<string>) =>
        Effect.promise(() => admin.sendCommand(["ACL", "SETUSER", "node", ...rules]))
      yield* allow("on", ">secret", "~*", "+@all", "resetchannels")
      const { told, whys, ...receiver } = listening()
      const link = yield* RedisBackplane.make({ url: `redis://node:secret@127.0.0.1:${port}` }).open(
        receiver,
        undefined
      )
      const ready: Array<string> = []
      for (const name of ["t", "u", "v.*"]) link.subscribe(name, () => void ready.push(name))
      link.unsubscribe("u")
      yield* eventually("it is told", () => told.includes("trouble"))
      yield* Effect.sleep("1200 millis") // it is refused again
      yield* allow("allchannels")
      yield* eventually("they come", () => ready.length === 2)
      expect(ready.sort()).toEqual(["t", "v.*"])
      expect([...told].sort()).toEqual(["trouble", "up"])
      expect(whys.join("")).toMatch(/Redis refused a subscription: NOPERM/)
    }))

  it.live("a node that closes while it connects leaves no connection", () =>
    Effect.gen(function*() {
      const { port } = yield* Engines.start("redis")
      const url = `redis://127.0.0.1:${port}`
      const admin = yield* Effect.acquireRelease(
        Effect.promise(() => createClient({ url }).connect()),
        (client) => Effect.sync(() => client.destroy())
      )
      // As early as can be, and a little later.
      for (const pause of [0, 1, 2, 3, 5, 8]) {
        const open = RedisBackplane.make({ url }).open(listening(), undefined)
        yield* Effect.scoped(Effect.zipRight(open, Effect.sleep(pause)))
      }
      yield* Effect.sleep("300 millis")
      const clients = String(yield* Effect.promise(() => admin.sendCommand(["CLIENT", "LIST"])))
      expect(clients.trim().split("\n").length).toBe(1)
    }).pipe(Effect.scoped))

  if (process.env["LONG"] !== undefined) suite("Redis, sharded", setting(true))
}

describe("options", () => {
  it("that cannot be", () => {
    for (const url of ["", "localhost", "http://localhost:6379", "redis://", 6379]) {
      expect(() => RedisBackplane.make({ url: url as never })).toThrow(InvalidOption)
    }
    for (const cluster of [[], "redis://localhost", ["localhost:6379"], [""]]) {
      expect(() => RedisBackplane.make({ cluster: cluster as never })).toThrow(InvalidOption)
    }
    expect(() => RedisBackplane.make({ cluster: ["redis://a"], url: "redis://a" })).toThrow(
      /left out where url is given/
    )
    expect(() => RedisBackplane.make({ prefix: "{a}" })).toThrow(/the option prefix is/)
    expect(() => RedisBackplane.make({ sharded: "yes" as never })).toThrow(InvalidOption)
  })
})
