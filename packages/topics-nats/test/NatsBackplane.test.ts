/** NATS passes what every backplane has to. Skipped where nats-server is not installed. */
import { describe, expect, it } from "@effect/vitest"
import * as Engines from "@effect-ws/benchmark/Engines"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import { Backplane, type BackplaneUnavailable, type Link } from "@effect-ws/platform/Backplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as NatsBackplane from "@effect-ws/topics-nats/NatsBackplane"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { eventually, listening, quiet, type Setting, suite } from "../../platform/test/backplanes.js"

const setting = Effect.map(Engines.start("nats"), ({ kill, port, start }): Setting => {
  const servers = [`nats://127.0.0.1:${port}`]
  const backplane = NatsBackplane.make({ servers })
  const another = NatsBackplane.make({ servers, prefix: "effect-ws-2" })
  return {
    backplane,
    node: (options) => Effect.provideService(Topics.make(options), Backplane, backplane),
    stranger: (options) => Effect.provideService(Topics.make(options), Backplane, another),
    down: kill,
    up: start,
    patterns: true,
    keeps: true
  }
})

if (Engines.find("nats") === undefined) {
  describe.skip("NATS: nats-server is not installed", () => it("is not tried", () => {}))
} else {
  suite("NATS", setting, process.env["LONG"] !== undefined)
  it.scopedLive("a stream that JetStream refuses is told of once, and comes when it is granted", () =>
    Effect.gen(function*() {
      const { port } = yield* Engines.start("nats")
      const servers = [`nats://127.0.0.1:${port}`]
      const admin = yield* Effect.acquireRelease(
        Effect.promise(() => connect({ servers })),
        (connection) => Effect.promise(() => connection.close())
      )
      const { streams } = yield* Effect.promise(() => jetstreamManager(admin))
      // Somebody else's, of the same subjects.
      yield* Effect.promise(() => streams.add({ name: "other", subjects: ["effect-ws.k.>"] }))
      const { told, whys, ...receiver } = listening()
      const keeping = { isKept: () => true, last: 10, millis: undefined }
      const link = yield* NatsBackplane.make({ servers }).open(receiver, keeping)
      yield* eventually("it is told", () => told.length > 0)
      yield* Effect.sleep("600 millis") // it is refused again
      expect(link.isUp).toBe(false)
      yield* Effect.promise(() => streams.delete("other"))
      yield* eventually("it is there", () => link.isUp)
      expect(told).toEqual(["down", "up"])
      expect(whys[0]).toMatch(/overlap/)
    }))

  const aLink = (port: number) =>
    NatsBackplane.make({ servers: [`nats://127.0.0.1:${port}`] }).open(listening(), {
      isKept: () => true,
      last: 10,
      millis: undefined
    })

  const append = ({ log }: Link, sequence: number) =>
    Effect.async<string, BackplaneUnavailable>((resume) =>
      log?.append("t", Uint8Array.of(1), { origin: 1, sequence, isAgain: false }, (result) => resume(result))
    )

  it.scopedLive("an id is known when NATS was started again, and again", () =>
    Effect.gen(function*() {
      const { kill, port, start } = yield* Engines.start("nats")
      const link = yield* aLink(port)
      yield* eventually("it is there", () => link.isUp)
      const id = yield* append(link, 0)
      for (let i = 0; i < 2; i++) {
        yield* kill
        yield* eventually("it is gone", () => !link.isUp)
        yield* start
        yield* eventually("it is back", () => link.isUp)
      }
      const next = yield* append(link, 1)
      expect(yield* link.log!.read("t", id, 10)).toMatchObject({ gone: false, entries: [{ id: next }] })
    }))

  it.scopedLive("nodes that make the stream at the same time have one, and its ids", () =>
    Effect.gen(function*() {
      const { port } = yield* Engines.start("nats")
      const links = yield* Effect.all(Array.from({ length: 8 }, () => aLink(port)), { concurrency: "unbounded" })
      yield* eventually("all are there", () => links.every(({ isUp }) => isUp))
      const ids = yield* Effect.forEach(links, append)
      expect(ids).toEqual(ids.map((_, i) => ids[0]?.replace(/-1$/, `-${i + 1}`)))
    }))

  it.scopedLive("a stream that somebody deletes is made again for what is published next", () =>
    Effect.gen(function*() {
      const { port } = yield* Engines.start("nats")
      const backplane = NatsBackplane.make({ servers: [`nats://127.0.0.1:${port}`] })
      const node = yield* Effect.provideService(Topics.make({ keep: { topics: [">"] } }), Backplane, backplane)
      const first = yield* node.publish("t", "0")
      const admin = yield* Effect.acquireRelease(
        Effect.promise(() => connect({ servers: [`nats://127.0.0.1:${port}`] })),
        (connection) => Effect.promise(() => connection.close())
      )
      yield* Effect.promise(async () => (await jetstreamManager(admin)).streams.delete("effect-ws-kept"))
      const second = yield* node.publish("t", "1")
      expect([first.backplane, second.backplane]).toEqual(["sent", "sent"])
      expect(second.id?.endsWith("-1")).toBe(true)
      expect(second.id).not.toBe(first.id)
    }).pipe(Effect.provide(quiet)))
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
