#!/usr/bin/env node
/**
 * The program.
 *
 * Exit codes: 0 when the run was made, and as expected where that was asked for; 1 when it is not as expected; 2 when it could
 * not be made (no connection, no port, a wrong command line); 130 when interrupted, with reports of what was finished.
 */
import * as Command from "@effect/cli/Command"
import type * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { command, NotAsExpected } from "../cli/Cli.js"

/** A defect is told in full. What is wrong with a command line, the command line has said. */
const report = (cause: Cause.Cause<Error | ValidationError.ValidationError>): Effect.Effect<void> => {
  if (Cause.isInterruptedOnly(cause)) return Effect.void
  if (Cause.isDie(cause)) return Console.error(Cause.pretty(cause))
  const errors = Array.from(Cause.failures(cause)).filter((error) => error instanceof Error)
  return Effect.forEach(errors, (error) => Console.error(error.message), { discard: true })
}

const codeOf = <A, E>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.isInterruptedOnly(exit.cause)) return 130
  const failure = Cause.failureOption(exit.cause)
  return Option.isSome(failure) && failure.value instanceof NotAsExpected ? 1 : 2
}

Command.run(command, { name: "effect-ws-conformance", version: "0.1.0" })(process.argv).pipe(
  Effect.tapErrorCause(report),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
)
