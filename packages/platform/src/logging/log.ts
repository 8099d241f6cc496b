/**
 * What goes to the log, with structured annotations. Neither queries nor header values are among them: they hold secrets. What a
 * peer wrote is cut and escaped, and a logger that fails harms nobody else.
 */
import type { Fitted, Status } from "@effect-ws/codec/CloseStatus"
import { describe } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import { type Lifecycle } from "@effect-ws/connection/Connection"
import { logUnsent } from "@effect-ws/connection/host/Hosting"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { pathOf } from "../internal/target.js"
import { ServerOpening } from "../serving/request.js"
import type { Refused } from "../serving/upgrade.js"
import { UnreadableMessage } from "../TypedConnection.js"
import { bounded, excerpt } from "./boundedCause.js"

type Annotations = Record<string, unknown>

/** Loggers are the user's: what fails in one is nothing to a connection. */
const line = (log: Effect.Effect<void>, annotations: Annotations): Effect.Effect<void> =>
  Effect.catchAllCause(Effect.annotateLogs(log, annotations), () => Effect.void)

const ofConnection = ({ opening }: Lifecycle): Annotations => ({
  path: excerpt(pathOf(opening.target)),
  ...(opening instanceof ServerOpening && opening.remoteAddress !== undefined
    ? { remoteAddress: opening.remoteAddress }
    : {})
})

const ofRequest = (target: string, remoteAddress: string | undefined): Annotations => ({
  path: excerpt(pathOf(target)),
  ...(remoteAddress === undefined ? {} : { remoteAddress })
})

/** A fault of the program's: what it is about, and the defect. */
export const fault = (
  message: string,
  cause: Cause.Cause<unknown>,
  at?: { readonly target: string; readonly remoteAddress: string | undefined }
): Effect.Effect<void> =>
  line(Effect.logError(message, bounded(cause)), at === undefined ? {} : ofRequest(at.target, at.remoteAddress))

/** Something is not as it should be, and is no fault of the program's. */
export const warning = (message: string, annotations: Annotations): Effect.Effect<void> =>
  line(Effect.logWarning(message), annotations)

/** An answer of the user's that breaks a rule. What it says is not quoted, as a header may hold a secret. */
export const unwritable = (
  message: string,
  { part, rfc, rule, says }: {
    readonly part: string
    readonly rule: string
    readonly rfc: string
    readonly says: string
  },
  at: { readonly target: string; readonly remoteAddress: string | undefined }
): Effect.Effect<void> =>
  line(Effect.logError(`${message}: ${says}. At fault: ${excerpt(part)}`), {
    ...ofRequest(at.target, at.remoteAddress),
    rule,
    rfc
  })

/** A request that was refused before anybody was asked about it. */
export const refused = ({ detail, remoteAddress, rfc, rule, says, status }: Refused): Effect.Effect<void> => {
  const annotations = { rule, rfc, status, ...(remoteAddress === undefined ? {} : { remoteAddress }) }
  return detail === undefined
    ? line(Effect.logInfo(`Refused a WebSocket upgrade: ${says}`), annotations)
    : line(Effect.logWarning(`Refused a WebSocket upgrade: ${excerpt(detail, 400)}`), annotations)
}

/** A handler's own failure; or its client's, who sent what cannot be read. */
export const failure = (connection: Lifecycle, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const unreadable = unreadableOf(cause)
  if (unreadable === undefined) {
    return line(Effect.logError("A WebSocket handler failed", bounded(cause)), ofConnection(connection))
  }
  const { at, expected, kind, size } = unreadable
  return line(Effect.logWarning("A WebSocket client sent a message that cannot be read"), {
    ...ofConnection(connection),
    rule: unreadable._tag,
    kind,
    size,
    expected,
    at
  })
}

const unreadableOf = (cause: Cause.Cause<unknown>): UnreadableMessage | undefined => {
  const failures = [...Cause.failures(cause)]
  const [first] = failures
  const isTheirs = Cause.defects(cause).length === 0 && failures.every((error) => error instanceof UnreadableMessage)
  return isTheirs && first instanceof UnreadableMessage ? first : undefined
}

/** What of the Close that `closeOnFailure` gave could not be sent. */
export const fitted = (connection: Lifecycle, code: number, fitted: Fitted): Effect.Effect<void> =>
  fitted.problems.length === 0 ? Effect.void : line(logUnsent(code, fitted), ofConnection(connection))

/** The Close of a handler that failed came behind another of ours. */
export const overtaken = (connection: Lifecycle, status: Status, outcome: CloseOutcome): Effect.Effect<void> =>
  line(Effect.logInfo("A WebSocket handler failed after its connection was closed by us"), {
    ...ofConnection(connection),
    ...ofClose("local", describe(outcome).sent),
    ...ofClose("unsent", status)
  })

/** `undefined` for an outcome that is none to speak of. `server` is where a client had connected to. */
export const outcome = (
  connection: Lifecycle,
  outcome: CloseOutcome,
  server?: string
): Effect.Effect<void> | undefined => {
  if (outcome._tag === "Clean") return undefined // most are: nothing is made to describe them
  const peer = connection.role === "server" ? "client" : "server"
  const { cause, how, received, sent } = describe(outcome)
  const said = (log: Effect.Effect<void>, more: Annotations = {}) =>
    line(log, {
      ...ofConnection(connection),
      ...(server === undefined ? {} : { server }),
      outcome: outcome._tag,
      closedFirst: outcome.closedFirst,
      ...ofClose("local", sent),
      ...ofClose("remote", received),
      ...more
    })
  switch (how._tag) {
    case "Clean":
      return undefined
    case "Violation":
      return said(Effect.logWarning(`A WebSocket ${peer} broke a rule`), { rule: how.rule, rfc: how.rfc })
    case "KeepaliveTimeout":
      return said(Effect.logDebug(`A WebSocket ${peer} gave no sign of life`))
    case "InboxFull":
      return said(Effect.logWarning(`A WebSocket ${peer} sent more than was read`), {
        limit: how.limit,
        size: how.size
      })
    case "Defect":
      return said(Effect.logError("A defect ended a WebSocket connection", Cause.die(how.defect)))
    case "Eof":
    case "Reset":
      return said(Effect.logDebug("A WebSocket connection was dropped"), { cause })
    case "ScopeClosed":
    case "GraceOver":
    case "Suspended":
      return said(Effect.logDebug("A WebSocket connection was cut"), { why: how._tag })
    case "Application":
      return said(Effect.logDebug("A WebSocket connection was cut"), { why: how._tag, reason: how.reason })
    case "CloseTimeout":
    case "DropTimeout":
      return said(Effect.logDebug(`A WebSocket ${peer} did not finish closing`))
  }
}

const ofClose = (name: string, status: Status | undefined): Annotations =>
  status === undefined ? {} : { [`${name}Code`]: status.code, [`${name}Reason`]: excerpt(status.reason) }
