/**
 * Closing a socket, and how ends and failures are told as Effect has it: in its errors, with a close code for each.
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import * as Violation from "@effect-ws/codec/Violation"
import { reported } from "@effect-ws/connection/CloseDescription"
import type { Connection } from "@effect-ws/connection/Connection"
import { ConnectionClosed, type End, type InvalidClose } from "@effect-ws/connection/ConnectionError"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import type { HandshakeError } from "../HandshakeError.js"

/** Writes the Close behind what was sent, and waits for nothing. */
export const startClose = (
  connection: Connection,
  { code, reason }: Socket.CloseEvent
): Effect.Effect<void, Socket.SocketError> => Effect.mapError(connection.startClose(code, reason ?? ""), writeError)

export const socketError = (reason: Socket.SocketErrorReason): Socket.SocketError => new Socket.SocketError({ reason })

export const writeError = (cause: ConnectionClosed | InvalidClose): Socket.SocketError =>
  socketError(new Socket.SocketWriteError({ cause }))

export const openError = (cause: HandshakeError): Socket.SocketError =>
  socketError(new Socket.SocketOpenError({ kind: cause.reason._tag === "Timeout" ? "Timeout" : "Unknown", cause }))

const closed = (code: number, closeReason: string): Socket.SocketCloseError =>
  new Socket.SocketCloseError({ code, closeReason })

/** As Effect's own sockets have it. */
export const released = socketError(closed(1006, "the reader was released"))

/** What ended reading, as a Close with a code. */
export const closeOfEnd = (end: End): Socket.SocketCloseError => {
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
  cause.reasons.length > 0 && cause.reasons.every((reason) =>
    reason._tag === "Fail" && Socket.isSocketError(reason.error) && (
      reason.error.reason._tag === "SocketCloseError" ||
      (reason.error.reason._tag === "SocketWriteError" && reason.error.reason.cause instanceof ConnectionClosed)
    )
  )

export const isCloseError = (error: unknown): boolean =>
  Socket.isSocketError(error) && error.reason._tag === "SocketCloseError"

const closedWith = (status: CloseStatus): Socket.SocketCloseError => {
  const { code, reason } = reported(status)
  return closed(code, reason)
}
