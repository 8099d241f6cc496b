/**
 * Notes, kept by as many processes as there are cores, on one port. `kill -HUP` the first of them, and the others are replaced, one
 * after the other. One that dies is replaced too.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import cluster, { type Worker } from "node:cluster"
import { availableParallelism } from "node:os"

const { JOURNAL = "notes.txt", PORT = "8080", WORKERS = availableParallelism() } = process.env

// A worker: a server like any other. It says that a note is kept once it is where all workers, and those after them, find it.

const server = WebSocketServer.layer((connection) =>
  connection.run((note) =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      yield* files.writeFileString(JOURNAL, `${note}\n`, { flag: "a" })
      yield* connection.send(`${process.pid} kept ${note}`)
    })
  )
).pipe(
  Layer.provide(NodeWebSocketServer.layer({
    port: Number(PORT),
    closeOnShutdown: 1012 // "service restart"
  })),
  Layer.provide(NodeFileSystem.layer)
)

// The first process: it listens, hands each connection to a worker, and has nothing more to do with it.

class NotStarted extends Data.TaggedError("NotStarted")<{ readonly code: number }> {}

/** A worker that listens. */
const start = Effect.async<Worker, NotStarted>((resume) => {
  const worker = cluster.fork()
  worker.once("listening", () => resume(Effect.succeed(worker)))
  worker.once("exit", (code) => resume(Effect.fail(new NotStarted({ code }))))
})

/** It is given no more connections, closes with 1012 those that it has, and is gone after its `grace` at the latest. */
const stop = (worker: Worker) =>
  Effect.async<void>((resume) => {
    if (worker.isDead()) return resume(Effect.void)
    worker.once("exit", () => resume(Effect.void))
    worker.disconnect()
    worker.process.kill("SIGTERM")
  })

/** The new one listens before the old one goes: there is always somebody to connect to. */
const replace = (worker: Worker) => Effect.zipLeft(Effect.retry(start, Schedule.exponential("1 second")), stop(worker))

const primary = Effect.gen(function*() {
  const due = yield* Queue.unbounded<(worker: Worker) => boolean>()
  process.on("SIGHUP", () => Queue.unsafeOffer(due, () => true))
  cluster.on("exit", (dead) => {
    if (!dead.exitedAfterDisconnect) Queue.unsafeOffer(due, (worker) => worker === dead)
  })
  cluster.once("listening", (_, { port }) => console.log(`listening on port ${port}`))

  let workers = yield* Effect.replicateEffect(start, Number(WORKERS), { concurrency: "unbounded" })
  yield* Effect.addFinalizer(() => Effect.forEach(workers, stop, { concurrency: "unbounded", discard: true }))
  console.log(`${workers.length} workers are ready`)

  while (true) {
    const isDue = yield* Queue.take(due)
    workers = yield* Effect.forEach(workers, (worker) => isDue(worker) ? replace(worker) : Effect.succeed(worker))
    console.log("what was due is replaced")
  }
})

if (cluster.isPrimary) NodeRuntime.runMain(Effect.scoped(primary))
else NodeRuntime.runMain(Layer.launch(server))
