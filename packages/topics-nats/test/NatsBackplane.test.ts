/** NATS passes what every backplane has to. Skipped where nats-server is not installed. */
import { describe, expect, it } from "@effect/vitest"
import * as Engines from "@effect-ws/benchmark/Engines"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import { Backplane } from "@effect-ws/platform/Backplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as NatsBackplane from "@effect-ws/topics-nats/NatsBackplane"
import * as Effect from "effect/Effect"
import { type Setting, suite } from "../../platform/test/backplanes.js"

const setting = Effect.map(Engines.start("nats"), ({ kill, port, start }): Setting => ({
  node: (options) =>
    Effect.provideService(
      Topics.make(options),
      Backplane,
      NatsBackplane.make({ servers: [`nats://127.0.0.1:${port}`] })
    ),
  down: kill,
  up: start,
  patterns: true,
  keeps: true
}))

if (Engines.find("nats") === undefined) {
  describe.skip("NATS: nats-server is not installed", () => it("is not tried", () => {}))
} else {
  suite("NATS", setting)
}

describe("options", () => {
  it("that cannot be", () => {
    for (const servers of ["localhost", ["localhost"], ["http://localhost:4222"], ["nats://"], [4222]]) {
      expect(() => NatsBackplane.make({ servers: servers as never })).toThrow(InvalidOption)
    }
    for (const prefix of ["", "a.b", "a>", "a".repeat(33)]) {
      expect(() => NatsBackplane.make({ prefix })).toThrow(/the option prefix is/)
    }
    for (const replicas of [0, 6, NaN]) expect(() => NatsBackplane.make({ replicas })).toThrow(InvalidOption)
  })
})
