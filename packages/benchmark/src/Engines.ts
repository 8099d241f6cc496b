/**
 * Engines between nodes, started for a test or a measurement: Debian's redis-server and nats-server, on a free port and with a folder of
 * their own, which may be killed and started again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/**
 * @since 0.1.0
 * @category models
 */
export interface Engine {
  readonly port: number
  /** Ends it at once, with SIGKILL. */
  readonly kill: Effect.Effect<void>
  /** Starts it again on its port, with what it has stored; waits until it can be connected to. */
  readonly start: Effect.Effect<void>
}

/**
 * Those that there are, with the name of their program.
 *
 * @since 0.1.0
 * @category engines
 */
export const programs = { redis: "redis-server", nats: "nats-server" } as const

/**
 * @since 0.1.0
 * @category models
 */
export type Name = keyof typeof programs

/**
 * Where its program is, if it is installed.
 *
 * @since 0.1.0
 * @category engines
 */
export const find = (name: Name): string | undefined =>
  ["/usr/bin", "/usr/sbin", "/usr/local/bin"].map((folder) => join(folder, programs[name])).find((path) =>
    existsSync(path)
  )

/**
 * Starts one, until the scope closes, with what else its program is told. Dies if it is not installed.
 *
 * @since 0.1.0
 * @category engines
 */
export const start = (name: Name, more: ReadonlyArray<string> = []): Effect.Effect<Engine, never, Scope.Scope> =>
  Effect.gen(function*() {
    const program = find(name)
    if (program === undefined) return yield* Effect.dieMessage(`${programs[name]} is not installed`)
    const port = yield* freePort
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), `${name}-`))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    let running: ChildProcess | undefined = undefined
    const kill = Effect.promise(async () => {
      const child = running
      running = undefined
      if (child === undefined || child.exitCode !== null) return
      const ended = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGKILL")
      await ended
    })
    const run = Effect.zipRight(
      Effect.sync(() => {
        running = spawn(program, [...argumentsOf[name](port, folder), ...more], { stdio: "ignore" })
      }),
      reachable(port)
    )
    yield* Effect.addFinalizer(() => kill)
    yield* run
    return { port, kill, start: Effect.zipRight(kill, run) }
  })

const argumentsOf: Record<Name, (port: number, folder: string) => ReadonlyArray<string>> = {
  // Whatever it has answered for is on the disk: a stream has it after SIGKILL, too.
  redis: (port, folder) => [
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
    ...["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
  ],
  nats: (port, folder) => ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder]
}

/**
 * A port of the loopback that nobody listens on; somebody else may take it before you do.
 *
 * @since 0.1.0
 * @category ports
 */
export const freePort: Effect.Effect<number> = Effect.promise(() =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => typeof address === "object" && address !== null ? resolve(address.port) : reject())
    })
  })
)

const reachable = (port: number): Effect.Effect<void> =>
  Effect.retry(
    Effect.tryPromise(() =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(port, "127.0.0.1")
        socket.once("error", reject)
        socket.once("connect", () => {
          socket.destroy()
          resolve()
        })
      })
    ),
    { times: 200, schedule: Schedule.spaced("50 millis") }
  ).pipe(Effect.orDie)
