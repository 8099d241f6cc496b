/** Clusters of Redis on the loopback, for tests: three masters that share all slots, and replicas of the first. */
import * as Engines from "@effect-ws/benchmark/Engines"
import { createClient } from "@redis/client"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Server extends Engines.Engine {
  /** Asks this server something. */
  readonly ask: (...command: ReadonlyArray<string>) => Effect.Effect<string>
}

export interface RedisCluster {
  readonly masters: readonly [Server, Server, Server]
  readonly replicas: ReadonlyArray<Server>
  /** Waits until all of them say that the cluster is whole. */
  readonly whole: Effect.Effect<void>
}

/** `patience`: milliseconds after which a server that does not answer the others counts as dead. */
export const start = (patience: number, replicas = 0): Effect.Effect<RedisCluster, never, Scope.Scope> =>
  Effect.gen(function*() {
    const [first, second, third, ...rest] = yield* Effect.replicateEffect(server(patience), 3 + replicas)
    if (first === undefined || second === undefined || third === undefined) return yield* Effect.dieMessage("no server")
    const masters = [first, second, third] as const
    const all = [...masters, ...rest]
    for (const [i, { ask }] of masters.entries()) {
      yield* ask("CLUSTER", "ADDSLOTSRANGE", ...(ranges[i] ?? []))
    }
    for (const [i, { ask }] of all.entries()) yield* ask("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1))
    for (const { bus, port } of all.slice(1)) {
      yield* first.ask("CLUSTER", "MEET", "127.0.0.1", String(port), String(bus))
    }
    const isWhole = Effect.forEach(all, ({ ask }) => ask("CLUSTER", "INFO"), { concurrency: "unbounded" })
    const whole = until(
      "the cluster is whole",
      Effect.map(
        isWhole,
        (infos) =>
          infos.every((info) =>
            info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${all.length}\r`)
          )
      )
    )
    yield* whole
    const id = yield* first.ask("CLUSTER", "MYID")
    for (const { ask } of rest) {
      yield* ask("CLUSTER", "REPLICATE", id)
      yield* until("it is a replica", Effect.map(ask("INFO", "replication"), (info) => /link_status:up/.test(info)))
    }
    return { masters, replicas: rest, whole }
  })

const ranges = [["0", "5460"], ["5461", "10922"], ["10923", "16383"]]

const server = (patience: number): Effect.Effect<Server & { readonly bus: number }, never, Scope.Scope> =>
  Effect.gen(function*() {
    const bus = yield* Engines.freePort
    const engine = yield* Engines.start("redis", [
      ...["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-node-timeout", String(patience)],
      ...["--cluster-announce-ip", "127.0.0.1", "--repl-diskless-sync-delay", "0"]
    ])
    const ask = (...command: ReadonlyArray<string>) =>
      Effect.acquireUseRelease(
        Effect.promise(() => createClient({ url: `redis://127.0.0.1:${engine.port}`, RESP: 2 }).connect()),
        (client) => Effect.map(Effect.promise(() => client.sendCommand([...command])), String),
        (client) => Effect.sync(() => client.destroy())
      )
    return { ...engine, ask, bus }
  })

/** For twenty seconds at most. */
export const until = (what: string, isSo: Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.gen(function*() {
    for (let i = 0; i < 400; i++) {
      if (yield* isSo) return
      yield* Effect.sleep("50 millis")
    }
    return yield* Effect.dieMessage(`it did not come to it that ${what}`)
  })
