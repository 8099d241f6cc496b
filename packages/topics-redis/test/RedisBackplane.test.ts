/** Redis passes what every backplane has to: publish/subscribe, and (in `test:long`) sharded. Skipped where redis-server is not installed. */
import { describe, expect, it } from "@effect/vitest"
import * as Engines from "@effect-ws/benchmark/Engines"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import { Backplane } from "@effect-ws/platform/Backplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as RedisBackplane from "@effect-ws/topics-redis/RedisBackplane"
import * as Effect from "effect/Effect"
import { type Setting, suite } from "../../platform/test/backplanes.js"

const setting = (sharded: boolean) =>
  Effect.map(Engines.start("redis"), ({ kill, port, start }): Setting => ({
    node: (options) =>
      Effect.provideService(
        Topics.make(options),
        Backplane,
        RedisBackplane.make({ url: `redis://127.0.0.1:${port}`, sharded })
      ),
    down: kill,
    up: start,
    patterns: !sharded,
    keeps: true
  }))

if (Engines.find("redis") === undefined) {
  describe.skip("Redis: redis-server is not installed", () => it("is not tried", () => {}))
} else {
  suite("Redis", setting(false))
  if (process.env["LONG"] !== undefined) suite("Redis, sharded", setting(true))
}

describe("options", () => {
  it("that cannot be", () => {
    for (const url of ["", "localhost", "http://localhost:6379", "redis://", 6379]) {
      expect(() => RedisBackplane.make({ url: url as never })).toThrow(InvalidOption)
    }
    expect(() => RedisBackplane.make({ prefix: "{a}" })).toThrow(/the option prefix is/)
    expect(() => RedisBackplane.make({ sharded: "yes" as never })).toThrow(InvalidOption)
  })
})
