/**
 * The first of several processes on one port. It starts the others, hands each connection to one of them, and does nothing more with
 * it. In: how many, and their environment. Out: the port, while they serve. `SIGHUP`, or a worker that says "restart",
 * makes it replace all of them, one after the other. It also replaces one that dies.
 */
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import cluster, { type Worker } from "node:cluster"

export class NotStarted extends Data.TaggedError("NotStarted")<{ readonly code: number }> {
  override get message(): string {
    return `a process ended with ${this.code} before it listened; what it wrote says why`
  }
}

interface Started {
  readonly worker: Worker
  readonly port: number
}

/** Starts a worker, and waits until it listens. */
const startOne = (env: Readonly<Record<string, string>>) =>
  Effect.async<Started, NotStarted>((resume) => {
    const worker = cluster.fork(env)
    worker.once("listening", ({ port }) => resume(Effect.succeed({ worker, port })))
    worker.once("exit", (code) => resume(Effect.fail(new NotStarted({ code }))))
  })

/** The worker gets no more connections, closes those that it has with 1012, and exits after its `grace` at the latest. */
const stop = (worker: Worker) =>
  Effect.async<void>((resume) => {
    if (worker.isDead()) return resume(Effect.void)
    worker.once("exit", () => resume(Effect.void))
    worker.disconnect()
    worker.process.kill("SIGTERM")
  })

export const start = (count: number, env: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const first = yield* Effect.replicateEffect(startOne(env), count, { concurrency: "unbounded" })
    let workers = first.map(({ worker }) => worker)
    yield* Effect.addFinalizer(() => Effect.forEach(workers, stop, { concurrency: "unbounded", discard: true }))

    const due = yield* Queue.unbounded<(worker: Worker) => boolean>()
    yield* listen(due)

    /** The new one listens before the old one goes, so there is always one to connect to. */
    const replace = (worker: Worker) =>
      startOne(env).pipe(
        Effect.retry(Schedule.exponential("1 second")),
        Effect.zipLeft(stop(worker)),
        Effect.map((started) => started.worker)
      )

    yield* Effect.forkScoped(Effect.forever(Effect.gen(function*() {
      const isDue = yield* Queue.take(due)
      workers = yield* Effect.forEach(workers, (worker) => isDue(worker) ? replace(worker) : Effect.succeed(worker))
      yield* Console.log("what was due is replaced")
    })))
    return first.at(0)?.port ?? 0
  })

/** Says which workers to replace, and when. */
const listen = (due: Queue.Enqueue<(worker: Worker) => boolean>) => {
  const all = (): void => void Queue.unsafeOffer(due, () => true)
  const died = (dead: Worker): void => {
    if (!dead.exitedAfterDisconnect) Queue.unsafeOffer(due, (worker) => worker === dead)
  }
  const said = (_: Worker, what: unknown): void => {
    if (what === "restart") all()
  }
  return Effect.acquireRelease(
    Effect.sync(() => {
      process.on("SIGHUP", all)
      cluster.on("exit", died).on("message", said)
    }),
    () =>
      Effect.sync(() => {
        process.off("SIGHUP", all)
        cluster.off("exit", died).off("message", said)
      })
  )
}
