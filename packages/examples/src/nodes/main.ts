/**
 * The chat on three processes behind HAProxy, with Redis between them, until the scope closes. A process that dies is started again; those
 * who were connected to it come back to the others meanwhile.
 */
import * as Engines from "@effect-ws/benchmark/Engines"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Proxy from "../proxies/Proxy.js"

export class Missing extends Data.TaggedError("Missing")<{ readonly program: string; readonly otherwise: string }> {
  override get message(): string {
    return `${this.program} is not installed: ${this.otherwise}`
  }
}

class Died extends Data.TaggedError("Died")<{ readonly code: number | null }> {
  override get message(): string {
    return `a process ended with ${this.code} before it listened; what it wrote says why`
  }
}

/** Answers with the URL of the page. Without the URL of a Redis it starts one of its own. */
export const start = (port: number, redis: string | undefined) =>
  Effect.gen(function*() {
    if (Proxy.programOf("haproxy") === undefined) {
      return yield* new Missing({ program: "haproxy", otherwise: "it stands before the processes" })
    }
    const engine = redis ?? (yield* ownRedis)
    const [at = 0, ...ports] = yield* Effect.replicateEffect(Proxy.freePort(0), 4)
    yield* Effect.forEach(ports, (port) => keptUp(port, engine), { concurrency: "unbounded", discard: true })
    const open = port === 0 ? at : port
    yield* Proxy.run("haproxy", "nodes/haproxy.cfg", open, {
      8080: open,
      8081: ports[0],
      8082: ports[1],
      8083: ports[2]
    })
    return `http://localhost:${open}/`
  })

const ownRedis = Effect.suspend(() =>
  Engines.find("redis") === undefined
    ? new Missing({ program: "redis-server", otherwise: "give --redis redis://host:6379" })
    : Effect.map(Engines.start("redis"), ({ port }) => `redis://127.0.0.1:${port}`)
)

/** A process that listens there, and after it the next. */
const keptUp = (port: number, redis: string): Effect.Effect<void, Died, Scope.Scope> =>
  Effect.gen(function*() {
    const startAgain = Effect.retry(started(port, redis), Schedule.spaced("1 second"))
    const first = yield* started(port, redis)
    yield* Effect.forkScoped(
      Effect.iterate(first, { while: () => true, body: (child) => Effect.zipRight(ended(child), startAgain) })
    )
  })

const program = fileURLToPath(new URL("../bin/example.js", import.meta.url))

const started = (port: number, redis: string): Effect.Effect<ChildProcess, Died, Scope.Scope> =>
  Effect.tap(
    Effect.acquireRelease(
      Effect.sync(() => fork(program, ["chat-node", "--port", String(port), "--redis", redis])),
      (child) => Effect.zipRight(Effect.sync(() => child.kill("SIGTERM")), ended(child))
    ),
    (child) =>
      Effect.async<void, Died>((resume) => {
        child.once("message", () => resume(Effect.void))
        child.once("exit", (code) => resume(Effect.fail(new Died({ code }))))
      })
  )

const ended = (child: ChildProcess): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
  })
