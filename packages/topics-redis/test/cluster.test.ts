/**
 * A cluster of Redis passes what every backplane has to (in `test:weekly`), with its servers killed, its shards moved, and a replica in the
 * place of its master. Skipped where redis-server is not installed.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Engines from "@effect-ws/benchmark/Engines"
import { Backplane } from "@effect-ws/platform/Backplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as RedisBackplane from "@effect-ws/topics-redis/RedisBackplane"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { eventually, listening, pairs, quiet, type Setting, suite } from "../../platform/test/backplanes.js"
import * as Clusters from "./clusters.js"

const backplaneOf = ({ masters, replicas }: Clusters.RedisCluster) =>
  RedisBackplane.make({ cluster: [...masters, ...replicas].map(({ port }) => `redis://127.0.0.1:${port}`) })

const nodeOf = (backplane: Backplane["Type"], options?: Topics.Options) =>
  Effect.provideService(Topics.make(options), Backplane, backplane)

const setting = Effect.map(Clusters.start(5000), (cluster): Setting => {
  const backplane = backplaneOf(cluster)
  return {
    backplane,
    node: (options) => nodeOf(backplane, options),
    down: Effect.forEach(cluster.masters, ({ kill }) => kill, { concurrency: "unbounded", discard: true }),
    up: Effect.zipRight(
      Effect.forEach(cluster.masters, ({ start }) => start, { concurrency: "unbounded" }),
      cluster.whole
    ),
    patterns: false,
    keeps: true
  }
})

/** At three masters: of each of two nodes one to publish, of the one that listens another, and who asks. */
const mostClients = 3 * (2 + 1 + 1)

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i))

const keep: Topics.Options = {
  keep: { topics: ["kept.>", "}kept"], last: 1000, frame: ({ message }) => message, gone: () => "gone" },
  waitFor: "30 seconds"
}

if (Engines.find("redis") === undefined) {
  describe.skip("a cluster of Redis: redis-server is not installed", () => it("is not tried", () => {}))
} else {
  describe("a cluster of Redis", () => {
    it.live.skipIf(process.env["LONG"] === undefined)(
      "has topics on all shards, and what is said on one that moves arrives",
      () =>
        Effect.gen(function*() {
          const cluster = yield* Clusters.start(5000)
          const backplane = backplaneOf(cluster)
          const [one, other] = [yield* nodeOf(backplane, keep), yield* nodeOf(backplane, keep)]
          const [a] = yield* pairs(1)
          const topics = [...range(0, 30).flatMap((n) => [`kept.${n}`, `plain.${n}`]), "}kept", "}plain"]
          yield* (yield* other.subscribe(a!.server, topics)).ready
          const published = yield* Effect.forEach(
            topics,
            (topic) => Effect.forEach(range(0, 5), (n) => one.publish(topic, `${topic} ${n}`)),
            { concurrency: "unbounded" }
          )
          expect(published.flat().every(({ backplane }) => backplane === "sent")).toBe(true)
          yield* eventually("all came", () => a!.received.length >= topics.length * 5)
          for (const topic of topics) {
            expect(a!.received.filter((text) => String(text).startsWith(`${topic} `))).toEqual(
              range(0, 5).map((n) => `${topic} ${n}`)
            )
          }
          for (const { ask } of cluster.masters) expect(Number(yield* ask("DBSIZE"))).toBeGreaterThan(0)

          // The slot of a topic without a key goes from one master to another; nobody is told but who asks, or listens there.
          const [source, target] = yield* owners(cluster, "{.plain.0}")
          const [from, to] = [yield* source.ask("CLUSTER", "MYID"), yield* target.ask("CLUSTER", "MYID")]
          const slot = yield* source.ask("CLUSTER", "KEYSLOT", "{.plain.0}")
          yield* target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", from)
          yield* source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", to)
          for (const { ask } of [target, source]) yield* ask("CLUSTER", "SETSLOT", slot, "NODE", to)
          yield* Effect.repeat(
            Effect.zipRight(Effect.sleep("20 millis"), Effect.ignore(one.publish("plain.0", "after it moved"))),
            { until: () => a!.received.at(-1) === "after it moved", times: 250 }
          )
          expect(a!.received.at(-1)).toBe("after it moved")

          // Of the two nodes that stay, and of who asks for the list.
          const clients = Effect.map(
            Effect.forEach(cluster.masters, ({ ask }) => ask("CLIENT", "LIST")),
            (lists) => lists.join("").split("\n").filter((line) => line.includes("id=")).length
          )
          yield* Clusters.until(
            "those of the moved shard are closed",
            Effect.map(clients, (count) => count <= mostClients)
          )
          for (let pause = 0; pause < 60; pause += 3) {
            yield* Effect.scoped(Effect.zipRight(backplane.open(listening(), undefined), Effect.sleep(pause)))
          }
          yield* Effect.sleep("200 millis")
          expect(yield* clients).toBeLessThanOrEqual(mostClients)
        }).pipe(Effect.scoped, Effect.provide(WebSocketTest.layer()), Effect.provide(quiet))
    )

    it.scopedLive("that is not there is told of once", () =>
      Effect.gen(function*() {
        const port = yield* Engines.freePort
        const { told, ...receiver } = listening()
        const link = yield* RedisBackplane.make({ cluster: [`redis://127.0.0.1:${port}`] }).open(receiver, undefined)
        yield* eventually("it is told", () => told.length > 0)
        yield* Effect.sleep("600 millis") // it is tried again
        expect([told, link.isUp, link.patterns]).toEqual([["down"], false, false])
      }))
  })

  if (process.env["WEEKLY"] !== undefined) {
    suite("Redis, a cluster", setting)

    it.live("a replica that takes the place of its master: nothing is lost that it had, doubled, or in another order", () =>
      Effect.gen(function*() {
        const cluster = yield* Clusters.start(2000, 1)
        const [first] = cluster.masters
        const [replica] = cluster.replicas
        const backplane = backplaneOf(cluster)
        const [one, other] = [yield* nodeOf(backplane, keep), yield* nodeOf(backplane, keep)]
        const [a] = yield* pairs(1)
        const topic = yield* topicOf(first)
        yield* (yield* other.subscribe(a!.server, topic)).ready
        yield* Effect.forEach(range(0, 50), (n) => one.publish(topic, n))
        yield* Clusters.until(
          "the replica has what its master has",
          Effect.zipWith(
            first.ask("INFO", "replication"),
            replica!.ask("INFO", "replication"),
            (master, own) => offset(master, "master_repl_offset") === offset(own, "slave_repl_offset")
          )
        )
        const rest = yield* Effect.fork(Effect.forEach(range(50, 100), (n) => one.publish(topic, n)))
        yield* first.kill
        yield* Fiber.join(rest)
        yield* eventually("all came", () => a!.received.length >= 100)
        yield* Effect.sleep("100 millis")
        expect(a!.received).toEqual(range(0, 100))
      }).pipe(Effect.scoped, Effect.provide(WebSocketTest.layer()), Effect.provide(quiet)))
  }
}

const offset = (info: string, name: string): string | undefined => new RegExp(`${name}:(\\d+)`).exec(info)?.[1]

/** Who has the slot of this key, and another master. */
const owners = ({ masters }: Clusters.RedisCluster, key: string) =>
  Effect.gen(function*() {
    const slot = Number(yield* masters[0].ask("CLUSTER", "KEYSLOT", key))
    const at = Math.min(2, Math.floor(slot / 5461))
    return [masters[at]!, masters[(at + 1) % 3]!] as const
  })

/** One that is kept in the first third of the slots. */
const topicOf = ({ ask }: Clusters.Server) =>
  Effect.gen(function*() {
    for (let i = 0;; i++) {
      if (Number(yield* ask("CLUSTER", "KEYSLOT", `{.kept.${i}}`)) < 5461) return `kept.${i}`
    }
  })
