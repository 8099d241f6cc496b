/**
 * The Close for a connection whose handler has ended, and its log line. In: how the handler ended, and what to close with if it was
 * interrupted. Out: an Effect that closes and waits for the outcome.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Primitives } from "@effect-ws/codec/Primitives"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Errors from "@effect-ws/connection/ConnectionError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { synchronous } from "../internal/userFunctions.js"
import * as log from "../logging/log.js"
import type { CloseOnFailure } from "../WebSocketServer.js"

export const conclude = <E>(
  connection: Connection.Lifecycle,
  exit: Exit.Exit<unknown, E>,
  closeOnFailure: CloseOnFailure<E> | undefined,
  interruptedWith: CloseStatus.Status,
  primitives: Primitives
): Effect.Effect<void> => {
  if (Exit.isSuccess(exit)) return Effect.asVoid(connection.close())
  const { cause } = exit
  const { failed, remark, status } = closeOf(connection, cause, closeOnFailure, interruptedWith, primitives)
  const ended = Effect.flatMap(Effect.ignore(connection.close(status.code, status.reason)), () => connection.outcome)
  // Most that end so say nothing: what would be said is not made before it is.
  const line = Effect.suspend(() => log.failure(connection, failed))
  // That its connection ended is no failure of the handler; that another one did (an upstream's) is.
  const isOwn = !Cause.isInterruptedOnly(cause) && !isOfConnection(cause)
  if (isOwn) {
    return Effect.zipRight(
      Effect.zipRight(line, remark),
      Effect.flatMap(
        ended,
        (outcome) => closedBefore(outcome, status) ? log.overtaken(connection, status, outcome) : Effect.void
      )
    )
  }
  return Cause.isInterrupted(cause)
    ? Effect.asVoid(ended)
    : Effect.flatMap(ended, (outcome) => closedWith(outcome, status) ? line : Effect.void)
}

interface HandlerClose<E> {
  readonly status: CloseStatus.Status
  readonly failed: Cause.Cause<E>
  readonly remark: Effect.Effect<void>
}

/**
 * The Close, the log line, and what failed: the handler, and perhaps `closeOnFailure` after it. If one fiber fails and interrupts those
 * beside it, that counts as a failure.
 */
const closeOf = <E>(
  connection: Connection.Lifecycle,
  cause: Cause.Cause<E>,
  closeOnFailure: CloseOnFailure<E> | undefined,
  interruptedWith: CloseStatus.Status,
  primitives: Primitives
): HandlerClose<E> => {
  const error = Cause.failureOption(cause)
  if (Option.isNone(error)) {
    return { status: Cause.isInterrupted(cause) ? interruptedWith : internalError, failed: cause, remark: Effect.void }
  }
  if (closeOnFailure === undefined) return { status: internalError, failed: cause, remark: Effect.void }
  try {
    const { code, reason } = synchronous("closeOnFailure", closeOnFailure(error.value))
    const fitted = CloseStatus.fit(primitives, code, reason)
    return { status: fitted.status, failed: cause, remark: log.fitted(connection, code, fitted) }
  } catch (defect) {
    return { status: internalError, failed: Cause.sequential(cause, Cause.die(defect)), remark: Effect.void }
  }
}

/** Starts the Close without waiting. What is sent from now on is refused. */
export const startToLeave = (
  connection: Connection.Lifecycle,
  { code, reason }: CloseStatus.Status
): Effect.Effect<void> => Effect.orDie(connection.startClose(code, reason))

export const goingAway = CloseStatus.make(1001)
const internalError = CloseStatus.make(1011)

const isOfConnection = (cause: Cause.Cause<unknown>): boolean =>
  Cause.defects(cause).length === 0 &&
  [...Cause.failures(cause)].every((error) =>
    error instanceof Errors.EndOfMessages || error instanceof Errors.PeerClosed ||
    error instanceof Errors.ProtocolFailure || error instanceof Errors.ConnectionDropped ||
    error instanceof Errors.ConnectionClosed
  )

/** Whether we closed with this status, and not because the connection itself ended. */
const closedWith = ({ _tag, closedFirst, local }: CloseOutcome, status: CloseStatus.Status): boolean =>
  _tag !== "Failed" && closedFirst === "us" && local?._tag === "Status" && local.code === status.code

/** We had closed already, with another code: by `close`, or since a message was abandoned. */
const closedBefore = ({ _tag, closedFirst, local }: CloseOutcome, status: CloseStatus.Status): boolean =>
  _tag !== "Failed" && closedFirst === "us" && (local?._tag !== "Status" || local.code !== status.code)
