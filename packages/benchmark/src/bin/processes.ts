#!/usr/bin/env node
/**
 * Several processes on one port: `npm run bench:processes` (`-- 9`: so many rounds). One process, and two and four by `node:cluster` and,
 * where Node has it, by `reusePort`, in turn, each under the load `100x16x20B-text`. It prints the CPU of all of a server's processes for a
 * message, messages a second, and how the connections were spread; medians.
 */
import type { AnyMessage } from "@effect-ws/connection/Message"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"
import cluster from "node:cluster"
import { fileURLToPath } from "node:url"
import * as Child from "../Child.js"
import { freePort } from "../Engines.js"
import type { Load } from "../Load.js"
import { Done, Driven } from "../Measurement.js"
import { answer, type LoadOrder } from "../Orders.js"
import * as Statistics from "../Statistics.js"

const rounds = Number(process.argv[2] ?? 5)
const load: Load = { connections: 100, inFlight: 16, size: 20, kind: "text" }
const settlingSeconds = 1.5

type Spread = "node:cluster" | "reusePort"

const ways: ReadonlyArray<{ readonly count: number; readonly spread: Spread }> = [1, 2, 4].flatMap((count) =>
  (["node:cluster", "reusePort"] as const).map((spread) => ({ count, spread }))
)

/** CPU so far, in microseconds, and the connections that are open. */
const Usage = Schema.Struct({ cpu: Schema.Number, open: Schema.Number })

/** A process of the server: its CPU and its connections are asked for by messages. */
const serve = Effect.gen(function*() {
  const { PORT, SPREAD } = process.env
  const port = Number(PORT)
  const reusePort = SPREAD === "reusePort"
  let open = 0
  const server = yield* NodeWebSocketServer.make({ port, host: "127.0.0.1", backlog: 4096, reusePort })
  answer<object>(() => {
    const { system, user } = process.cpuUsage()
    return Promise.resolve({ cpu: user + system, open })
  })
  process.send?.({ done: true })
  yield* server.serve((connection) => {
    open++
    const echo = connection.run((message: AnyMessage) =>
      connection.trySend(message) === "full" ? connection.send(message) : undefined
    )
    return Effect.ensuring(echo, Effect.sync(() => open--))
  })
})

const start = (spread: Spread, port: number) => {
  const env = { ...process.env, PORT: String(port), SPREAD: spread }
  const entry = `a process of ${spread}`
  return Effect.acquireRelease(
    Effect.sync((): Child.Child => ({
      entry,
      process: spread === "reusePort" ? fork(module, ["serve"], { env }) : cluster.fork(env).process
    })),
    ({ process }) => Effect.sync(() => process.kill())
  ).pipe(Effect.tap((child) => Child.listen(child, Done)))
}

const module = fileURLToPath(import.meta.url)

const measure = (count: number, spread: Spread) =>
  Effect.scoped(Effect.gen(function*() {
    const port = yield* freePort
    const servers = yield* Effect.replicateEffect(start(spread, port), count)
    const generator = yield* Child.spawn(new URL("./load.js", import.meta.url))
    const usage = Effect.forEach(servers, (server) => Child.ask(server, {}, Usage))
    const drive = (seconds: number) => Child.ask(generator, { _tag: "Drive", seconds } satisfies LoadOrder, Driven)
    yield* Child.ask(generator, { _tag: "Open", port, load } satisfies LoadOrder, Done)
    yield* drive(settlingSeconds)
    const before = yield* usage
    const { messages, seconds } = yield* drive(1)
    const after = yield* usage
    const cpu = (usages: typeof after) => usages.reduce((sum, { cpu }) => sum + cpu, 0)
    const open = after.map(({ open }) => open)
    return {
      cpu: (cpu(after) - cpu(before)) / messages,
      throughput: messages / seconds,
      least: Math.min(...open),
      most: Math.max(...open)
    }
  }))

const bench = Effect.gen(function*() {
  const tried = yield* Effect.exit(Effect.scoped(Effect.flatMap(freePort, (port) => start("reusePort", port))))
  const canReuse = Exit.isSuccess(tried)
  if (!canReuse) console.error("Only by node:cluster, then.")
  const those = ways.filter(({ spread }) => canReuse || spread === "node:cluster")
  const seen = those.map((way) => ({ ...way, rounds: new Array<Effect.Effect.Success<ReturnType<typeof measure>>>() }))
  for (let i = 0; i < rounds; i++) {
    for (const { count, rounds, spread } of seen) rounds.push(yield* measure(count, spread))
  }
  console.log("| processes | by | CPU, µs a message | messages/s | connections a process, least to most |")
  console.log("|---|---|--:|--:|---|")
  for (const { count, rounds, spread } of seen) {
    const of = (key: "cpu" | "throughput" | "least" | "most") => Statistics.median(rounds.map((round) => round[key]))
    const cells = [count, spread, of("cpu").toFixed(2), of("throughput").toFixed(0), `${of("least")} to ${of("most")}`]
    console.log(`| ${cells.join(" | ")} |`)
  }
})

const isServer = process.argv[2] === "serve"
const program: Effect.Effect<void, { readonly message: string }, Scope.Scope> = isServer ? serve : bench

if (!isServer) cluster.setupPrimary({ exec: module, args: ["serve"] })
await Effect.scoped(program).pipe(
  Effect.catchAll(({ message }) =>
    Effect.sync(() => {
      console.error(message)
      process.exitCode = 1
    })
  ),
  Effect.runPromise
)
process.exit()
