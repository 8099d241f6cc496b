/**
 * What goes to the log, with structured annotations. Neither queries nor header values are among them: they hold secrets.
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Lifecycle } from "@effect-ws/connection/Connection"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { ServerOpening } from "./request.js"

type Annotations = Record<string, unknown>

const pathOf = (target: string): string => target.split("?", 1)[0] ?? ""

const ofConnection = ({ opening }: Lifecycle): Annotations => ({
  path: pathOf(opening.target),
  ...(opening instanceof ServerOpening && opening.remoteAddress !== undefined
    ? { remoteAddress: opening.remoteAddress }
    : {})
})

export const ofRequest = (target: string, remoteAddress: string | undefined): Annotations => ({
  path: pathOf(target),
  ...(remoteAddress === undefined ? {} : { remoteAddress })
})

/** A handler's own failure. */
export const failure = (connection: Lifecycle, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logError("A WebSocket handler failed", cause), ofConnection(connection))

/** `undefined` for an outcome that is none to speak of. `server` is where a client had connected to. */
export const outcome = (
  connection: Lifecycle,
  outcome: CloseOutcome,
  server?: string
): Effect.Effect<void> | undefined => {
  const peer = connection.role === "server" ? "client" : "server"
  const annotations = {
    ...ofConnection(connection),
    ...(server === undefined ? {} : { server }),
    outcome: outcome._tag,
    closedFirst: outcome.closedFirst,
    ...ofClose("local", outcome.local),
    ...ofClose("remote", outcome.remote)
  }
  switch (outcome._tag) {
    case "Clean":
      return undefined
    case "Failed":
      return outcome.failure._tag === "Violation"
        ? Effect.annotateLogs(Effect.logWarning(`A WebSocket ${peer} broke a rule`), {
          ...annotations,
          rule: outcome.failure.rule,
          rfc: outcome.failure.rfc
        })
        : Effect.annotateLogs(Effect.logDebug(`A WebSocket ${peer} gave no sign of life`), annotations)
    case "Dropped":
      return Effect.annotateLogs(Effect.logDebug("A WebSocket connection was dropped"), {
        ...annotations,
        cause: outcome.cause._tag === "Eof" ? "Eof" : String(outcome.cause.error)
      })
    case "Aborted":
      return Effect.annotateLogs(Effect.logDebug("A WebSocket connection was cut"), {
        ...annotations,
        why: outcome.why
      })
    case "CloseTimeout":
    case "DropTimeout":
      return Effect.annotateLogs(Effect.logDebug(`A WebSocket ${peer} did not finish closing`), annotations)
  }
}

const ofClose = (name: string, status: CloseStatus | undefined): Annotations =>
  status?._tag === "Status" ? { [`${name}Code`]: status.code, [`${name}Reason`]: status.reason } : {}
