/**
 * Closing a socket, and how ends and failures are told as @effect/platform has it: in its errors, with a close code for each.
 */
import * as Socket from "@effect/platform/Socket"
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import * as Violation from "@effect-ws/codec/Violation"
import { reported } from "@effect-ws/connection/CloseDescription"
import type * as Connection from "@effect-ws/connection/Connection"
import type { ConnectionError, End, InvalidClose } from "@effect-ws/connection/ConnectionError"
import { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { HandshakeError } from "../HandshakeError.js"

/** Writes the Close behind what was sent, and waits for nothing. */
export const startClose = (
  connection: Connection.Connection,
  { code, reason }: Socket.CloseEvent
): Effect.Effect<void, Socket.SocketError> => Effect.mapError(connection.startClose(code, reason ?? ""), writeError)

export const writeError = (cause: ConnectionClosed | InvalidClose): Socket.SocketError =>
  new Socket.SocketGenericError({ reason: "Write", cause })

export const openError = (cause: HandshakeError): Socket.SocketError =>
  new Socket.SocketGenericError({ reason: cause.reason._tag === "Timeout" ? "OpenTimeout" : "Open", cause })

/** What ended reading, as a Close with a code. */
export const closeOf = (
  connection: Connection.Connection,
  exit: Exit.Exit<void, ConnectionError>
): Effect.Effect<Socket.SocketCloseError> =>
  Exit.isSuccess(exit)
    ? Effect.map(Effect.orDie(Effect.flip(connection.receive)), closeOfEnd)
    : Effect.catchAll(Effect.failCause(exit.cause), (error) => Effect.succeed(closeOfEnd(error)))

const closeOfEnd = (end: End): Socket.SocketCloseError => {
  switch (end._tag) {
    case "EndOfMessages":
      return end.remote === undefined ? closed(1006, "the peer did not answer our Close") : closedWith(end.remote)
    case "PeerClosed":
      return closed(end.code, end.reason)
    case "ProtocolFailure":
      return closed(Violation.rules[end.rule].closeCode, end.message)
    case "ConnectionDropped":
      return closed(end.cause._tag === "KeepaliveTimeout" || end.cause._tag === "Defect" ? 1011 : 1006, end.message)
  }
}

/** Whether somebody failed since a socket was closed, and for no other reason. */
export const isClose = (cause: Cause.Cause<unknown>): boolean =>
  !Cause.isEmpty(cause) && Cause.defects(cause).length === 0 && !Cause.isInterrupted(cause) &&
  [...Cause.failures(cause)].every((error) =>
    Socket.SocketCloseError.is(error) ||
    (error instanceof Socket.SocketGenericError && error.cause instanceof ConnectionClosed)
  )

const closedWith = (status: CloseStatus): Socket.SocketCloseError => {
  const { code, reason } = reported(status)
  return closed(code, reason)
}

const closed = (code: number, closeReason: string): Socket.SocketCloseError =>
  new Socket.SocketCloseError({ reason: "Close", code, closeReason })
