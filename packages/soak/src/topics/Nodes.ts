/** What is said between a trial of topics and its nodes, each a process of its own. */
import type { Name } from "@effect-ws/benchmark/Engines"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcess, fork } from "node:child_process"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"

/** What a node is told. */
export type Order =
  /** Publishes so many messages a second, to these topics in turn. */
  | { readonly _tag: "Publish"; readonly topics: ReadonlyArray<string>; readonly rate: number }
  | { readonly _tag: "Stop" }
  /** Cuts every second connection. */
  | { readonly _tag: "Cut" }

/** What a node tells. */
export type Told =
  | { readonly _tag: "Listening"; readonly port: number }
  /** The backplane has taken it. */
  | { readonly _tag: "Taken"; readonly topic: string; readonly message: string }
  | { readonly _tag: "Failed"; readonly topic: string; readonly message: string }
  | { readonly _tag: "Stopped" }

/** Milliseconds since 1970, by a clock that all processes of a machine share, and finer than `Date`. */
export const now = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000

export interface Node {
  readonly port: number
  readonly tell: (order: Order) => Effect.Effect<void>
  /** With SIGKILL. */
  readonly kill: Effect.Effect<void>
}

/** Starts a node with this name, whose engine is at this port. */
export const start = (
  engine: Name,
  port: number,
  name: string,
  heard: (told: Told) => void
): Effect.Effect<Node, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() =>
        new Promise<readonly [ChildProcess, number]>((resolve, reject) => {
          const module = fileURLToPath(new URL("../bin/topicsNode.js", import.meta.url))
          const child = fork(module, [engine, String(port), name])
          child.once("exit", (code) => reject(new Error(`a node exited with ${code}`)))
          child.on("message", (told: Told) => {
            if (told._tag === "Listening") resolve([child, told.port])
            heard(told)
          })
        })
      ),
      ([child]) => ended(child)
    ),
    ([child, port]) => ({
      port,
      tell: (order) => Effect.sync(() => void (child.connected && child.send(order))),
      kill: ended(child)
    })
  )

const ended = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise((resolve) => child.once("exit", resolve))
    child.kill("SIGKILL")
    await over
  })
