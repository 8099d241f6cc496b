/**
 * What the programs have in common: a command line, one line on standard error for a failure, and an exit code.
 */
import * as Command from "@effect/cli/Command"
import type * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { optionsFirst, version } from "./commandLine.js"

/** Ends the process with 0, with 1 when it failed, and with `interrupted` after Ctrl-C. */
export const main = <Name extends string, E extends Error | ValidationError.ValidationError, A>(
  command: Command.Command<Name, NodeContext.NodeContext, E, A>,
  { interrupted, name }: { readonly interrupted: number; readonly name: string }
): void =>
  Command.run(command, { name, version: version() })(optionsFirst(process.argv)).pipe(
    Effect.tapErrorCause((cause) => report(cause)),
    Effect.provide(NodeContext.layer),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, onExit) => {
        if (Exit.isSuccess(exit)) onExit(0)
        else onExit(Cause.isInterruptedOnly(exit.cause) ? interrupted : 1)
      }
    })
  )

/** A defect is told in full. What is wrong with a command line, the command line has said. */
const report = (cause: Cause.Cause<Error | ValidationError.ValidationError>): Effect.Effect<void> => {
  if (Cause.isInterruptedOnly(cause)) return Effect.void
  if (Cause.isDie(cause)) return Console.error(Cause.pretty(cause))
  const errors = Array.from(Cause.failures(cause)).filter((error) => error instanceof Error)
  return Effect.forEach(errors, (error) => Console.error(error.message), { discard: true })
}
