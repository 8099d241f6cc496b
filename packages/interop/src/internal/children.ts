/**
 * Foreign programs: each in a process group of its own, which ends with the scope, whatever it has started and however the scope
 * ends. In: a command. Out: what it says, and when it is over.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import * as Net from "node:net"
import type { Command } from "../Peer.js"

export interface Child {
  /** All that it has said, of both streams. */
  readonly said: () => string
  readonly isOver: () => boolean
  readonly over: Effect.Effect<number>
}

export interface Options {
  readonly cwd: string
  readonly environment?: Readonly<Record<string, string>>
}

export class ProgramError extends Data.TaggedError("ProgramError")<{ readonly message: string }> {}

/** As much as helps to find a fault. */
const maxSaid = 64 * 1024

export const start = (
  [program, ...args]: Command,
  { cwd, environment = {} }: Options
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const process_ = spawn(program, args, {
          cwd,
          detached: true,
          env: { ...process.env, ...environment },
          stdio: ["ignore", "pipe", "pipe"]
        })
        let said = ""
        const onSaid = (octets: Buffer): void => {
          said = (said + octets.toString()).slice(-maxSaid)
        }
        process_.stdout.on("data", onSaid)
        process_.stderr.on("data", onSaid)
        const over = new Promise<number>((resolve) => {
          process_.on("error", (error) => {
            said += error.message
            resolve(127)
          })
          process_.on("exit", (code) => resolve(code ?? 1))
        })
        let isOver = false
        void over.then(() => isOver = true)
        return { pid: process_.pid, over, said: () => said, isOver: () => isOver }
      }),
      ({ over, pid }) => Effect.promise(() => endGroup(pid, over))
    ),
    ({ isOver, over, said }) => ({ said, isOver, over: Effect.promise(() => over) })
  )

/** Also of a program that is over: it may have left others behind. */
const endGroup = async (pid: number | undefined, over: Promise<number>): Promise<void> => {
  if (pid === undefined) return
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // Nobody is left of it.
  }
  await over
}

/** Runs it to its end, which must be a good one. Answers with what it said. */
export const run = (command: Command, options: Options): Effect.Effect<string, ProgramError> =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* start(command, options)
    const code = yield* child.over
    if (code === 0) return child.said()
    const says = child.said().trim().split("\n").slice(-5).map((line) => line.trim()).join(" ")
    return yield* new ProgramError({ message: `${command.slice(0, 3).join(" ")} ends with ${code}: ${says}` })
  }))

export const freePort: Effect.Effect<number> = Effect.async((resume) => {
  const server = Net.createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

/** Until somebody listens at the port, or the child is over. */
export const listening = (child: Child, port: number): Effect.Effect<void, ProgramError> =>
  Effect.gen(function*() {
    while (!child.isOver()) {
      if (yield* answers(port)) return
      yield* Effect.sleep("50 millis")
    }
    return yield* new ProgramError({ message: `it does not listen: ${child.said().slice(-300)}` })
  })

const answers = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.on("error", () => resume(Effect.succeed(false)))
  })
