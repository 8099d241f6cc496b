/**
 * A process that measures or is measured: started with a scope, ended with it, and asked one thing at a time. The process itself
 * answers with `Orders.answer`.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type ChildProcess, fork } from "node:child_process"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"

/**
 * A process ended, or said what nobody asked for.
 *
 * @since 0.1.0
 * @category errors
 */
export class ChildError extends Data.TaggedError("ChildError")<{ readonly entry: string; readonly says: string }> {
  override get message(): string {
    return `${this.entry}: ${this.says}`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Child {
  /** Its module and arguments. */
  readonly entry: string
  readonly process: ChildProcess
}

/**
 * Starts a module in a process of its own, with these arguments and these options of Node.
 *
 * @since 0.1.0
 * @category constructors
 */
export const spawn = (
  module: URL,
  args: ReadonlyArray<string> = [],
  execArgv: ReadonlyArray<string> = []
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => ({
      entry: [basename(fileURLToPath(module)), ...args].join(" "),
      process: fork(fileURLToPath(module), args, { execArgv: [...execArgv] })
    })),
    (child) => end(child.process)
  )

/**
 * The next message of the child, which must be of this kind.
 *
 * @since 0.1.0
 * @category asking
 */
export const listen = <A, I>(child: Child, schema: Schema.Schema<A, I>): Effect.Effect<A, ChildError> =>
  Effect.async<unknown, ChildError>((resume) => {
    const { process } = child
    const onMessage = (message: unknown): void => {
      process.off("exit", onExit)
      resume(Effect.succeed(message))
    }
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      process.off("message", onMessage)
      resume(Effect.fail(new ChildError({ entry: child.entry, says: `exited with ${code ?? signal}` })))
    }
    if (process.exitCode !== null || process.signalCode !== null) return onExit(process.exitCode, process.signalCode)
    process.once("message", onMessage)
    process.once("exit", onExit)
    return Effect.sync(() => {
      process.off("message", onMessage)
      process.off("exit", onExit)
    })
  }).pipe(
    Effect.flatMap(Schema.decodeUnknown(schema)),
    Effect.catchTag("ParseError", (error) => new ChildError({ entry: child.entry, says: error.message }))
  )

/**
 * Tells the child what to do, and waits for its answer.
 *
 * @since 0.1.0
 * @category asking
 */
export const ask = <A, I>(child: Child, order: object, schema: Schema.Schema<A, I>): Effect.Effect<A, ChildError> =>
  Effect.suspend(() => {
    if (child.process.connected) child.process.send(order)
    return listen(child, schema)
  })

/** A child that lost its parent ends by itself. */
const end = (child: ChildProcess): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    if (child.connected) child.disconnect()
    const timer = setTimeout(() => child.kill("SIGKILL"), 5000)
    child.once("exit", () => clearTimeout(timer))
  })
