#!/usr/bin/env node
/**
 * A thousand connections on one session of HTTP/2, beside a thousand sockets, both over TLS, in turn: `npm run bench:http2` (`-- 9`: so many rounds). It prints, for
 * the process of the server, memory for each connection, opens a second, and CPU for each message; medians, and their ratio.
 */
import type { Connection } from "@effect-ws/connection/Connection"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"
import { once } from "node:events"
import { selfSigned } from "../internal/certificate.js"
import * as Statistics from "../Statistics.js"

const connections = 1000
const rounds = Number(process.argv[2] ?? 5)
const loads = [{ size: 20, messages: 50 }, { size: 16_384, messages: 10 }] as const

interface Usage {
  readonly cpu: number
  readonly heap: number
  readonly resident: number
}

const usage = (): Usage => {
  globalThis.gc?.()
  const { external, heapUsed, rss } = process.memoryUsage()
  const { system, user } = process.cpuUsage()
  return { cpu: user + system, heap: heapUsed + external, resident: rss }
}

const server = Effect.gen(function*() {
  const { cert, key } = selfSigned()
  const service = yield* NodeWebSocketServer.make({
    port: 0,
    host: "127.0.0.1",
    tls: { cert, key },
    http2: true,
    compression: false
  })
  yield* Effect.forkScoped(
    service.serveMessages((connection, message) => void connection.trySend(message))
  )
  process.on("message", () => process.send?.(usage()))
  process.send?.({ port: service.address._tag === "Tcp" ? service.address.port : 0 })
  return yield* Effect.never
})

/** One round: what a connection takes, an open, and messages of each load. */
const round = (http2: "never" | "require") =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(new URL(import.meta.url), ["server"], { execArgv: ["--expose-gc"] })),
      (child) => Effect.sync(() => child.kill())
    )
    const next = <A>() => Effect.promise(async (): Promise<A> => (await once(child, "message"))[0])
    const { port } = yield* next<{ readonly port: number }>()
    const ask = Effect.zipRight(Effect.sync(() => child.send("usage")), next<Usage>())
    const client = yield* NodeWebSocketClient.make({
      http2,
      tls: { rejectUnauthorized: false },
      compression: false,
      openTimeout: "1 minute"
    })
    const connect = client.connect(`wss://127.0.0.1:${port}/`)
    yield* Effect.scoped(connect)
    const before = yield* ask
    const began = performance.now()
    const all: ReadonlyArray<Connection> = yield* Effect.all(Array.from({ length: connections }, () => connect), {
      concurrency: 50
    })
    const seconds = (performance.now() - began) / 1000
    const opened = yield* ask
    const costs: Array<number> = []
    for (const { messages, size } of loads) {
      const payload = new Uint8Array(size)
      const from = yield* ask
      yield* Effect.forEach(all, (connection) =>
        Effect.repeatN(Effect.zipRight(connection.send(payload), connection.receive), messages - 1), {
        concurrency: "unbounded",
        discard: true
      })
      costs.push(((yield* ask).cpu - from.cpu) / (connections * messages))
    }
    for (const connection of all) {
      connection.startClose()
    }
    return [
      (opened.heap - before.heap) / connections / 1024,
      (opened.resident - before.resident) / connections / 1024,
      connections / seconds,
      (opened.cpu - before.cpu) / connections,
      ...costs
    ]
  }))

const names = [
  "heap and buffers, KiB a connection",
  "resident, KiB a connection",
  "opens a second",
  "CPU, µs an open",
  ...loads.map(({ size }) => `CPU, µs a message of ${size} bytes there and back`)
]

const bench = Effect.gen(function*() {
  const seen: Record<"never" | "require", Array<ReadonlyArray<number>>> = { never: [], require: [] }
  for (let i = 0; i < rounds; i++) {
    for (const http2 of ["never", "require"] as const) {
      const values = yield* round(http2)
      seen[http2].push(values)
      console.error(http2, values.map((value) => value.toFixed(1)).join(" "))
    }
  }
  console.log("| the server's process | 1,000 sockets | one session | ratio |\n|---|---|---|---|")
  names.forEach((name, i) => {
    const [sockets, session] = (["never", "require"] as const).map((http2) =>
      Statistics.median(seen[http2].map((values) => values[i] ?? NaN))
    )
    const shown = (value = NaN) => value.toFixed(value < 100 ? 1 : 0)
    const ratios = seen.never.map((values, j) => (seen.require[j]?.[i] ?? NaN) / (values[i] ?? NaN))
    console.log(`| ${name} | ${shown(sockets)} | ${shown(session)} | ${Statistics.median(ratios).toFixed(2)} |`)
  })
})

const program: Effect.Effect<void, unknown, Scope.Scope> = process.argv[2] === "server" ? server : bench

await Effect.runPromise(Effect.scoped(program))
process.exit()
