/**
 * What the programs have in common: a command line, one line on standard error for a failure, and an exit code.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { optionsFirst, version } from "./commandLine.js"

/** Ends the process with 0, with 1 when it failed, and with `interrupted` after Ctrl-C. */
export const main = <Name extends string, E extends Error, A>(
  command: Command.Command<Name, A, {}, E, NodeServices.NodeServices>,
  { interrupted }: { readonly interrupted: number; readonly name: string }
): void =>
  Command.runWith(command, { version: version() })(optionsFirst(process.argv).slice(2)).pipe(
    Effect.tapCause((cause) => report(cause)),
    Effect.provide(NodeServices.layer),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) => {
        if (Exit.isSuccess(exit)) onExit(0)
        else onExit(Cause.hasInterruptsOnly(exit.cause) ? interrupted : 1)
      }
    })
  )

/** A defect is told in full. What is wrong with a command line, the command line has said. */
const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  if (Cause.hasDies(cause)) return Console.error(Cause.pretty(cause))
  const errors = cause.reasons.filter(Cause.isFailReason).map(({ error }) => error)
    .filter((error): error is Error => error instanceof Error && !CliError.isCliError(error))
  return Effect.forEach(errors, (error) => Console.error(error.message), { discard: true })
}
