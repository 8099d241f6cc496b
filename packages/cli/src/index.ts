/**
 * The command `effect-ws`: reads arguments, runs the command, and ends the process with an exit code.
 *
 * @since 0.1.0
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { readFileSync } from "node:fs"
import { command } from "./internal/Command.js"
import { Ended } from "./internal/Ended.js"
import { examine } from "./internal/examine.js"
import { guardOutput, note, withoutColors } from "./internal/terminal.js"

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))

/** People write `connect URL --header …`; Effect wants the options before the argument. */
const optionsFirst = ([name, first, ...rest]: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (name === undefined) return []
  if (first === undefined) return [name]
  return first.startsWith("-") ? [name, first, ...rest] : [name, ...rest, first]
}

/**
 * A defect is told in full, unless it says that a value is out of its range: that one is of the command line. What else is wrong with a command
 * line, the command line has said, and a command how it has ended.
 */
const report = (cause: Cause.Cause<Error | ValidationError.ValidationError>): Effect.Effect<void> => {
  if (Cause.isInterruptedOnly(cause)) return Effect.void
  const defects = Array.from(Cause.defects(cause))
  const invalid = defects.filter((defect) => defect instanceof InvalidOption)
  if (invalid.length < defects.length) return Effect.sync(() => void process.stderr.write(`${Cause.pretty(cause)}\n`))
  const errors = [...invalid, ...Cause.failures(cause)].filter((error) =>
    error instanceof Error && !(error instanceof Ended)
  )
  return Effect.forEach(errors, (error) => note(error instanceof Error ? error.message : ""), { discard: true })
}

const codeOf = <A, E>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.isInterruptedOnly(exit.cause)) return 130
  const failure = Cause.failureOption(exit.cause)
  return Option.isSome(failure) && failure.value instanceof Ended ? failure.value.code : 2
}

/**
 * Runs the command with the arguments after the program's name, such as `["connect", "ws://localhost:8080/"]`. Then the process ends with
 * an exit code: 0 closed as agreed, 1 closed with another code, 2 a wrong command line, 3 not connected, 4 lost, 5 a rule or a limit was
 * broken, 130 interrupted.
 *
 * @since 0.1.0
 * @category running
 */
export const main = (args: ReadonlyArray<string>): void => {
  const [name, ...rest] = args
  if (name === "examine") return void Effect.runPromise(examine(rest))
  const run = Command.run(command, { name: "effect-ws", version })
  Effect.zipRight(guardOutput, withoutColors(run(["node", "effect-ws", ...optionsFirst(args)]))).pipe(
    Effect.tapErrorCause(report),
    Effect.provide(Layer.mergeAll(
      NodeContext.layer,
      CliConfig.layer({ isCaseSensitive: true }), // -H is no -h
      Logger.remove(Logger.defaultLogger) // how a connection ended is told by the command
    )),
    // Standard input may be open still, and would keep the process. What was written was waited for.
    NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit) => process.exit(codeOf(exit)) })
  )
}
