/**
 * How a connection ended, with the thirteen keys of an Autobahn report, in its order: each is a total function of a `CloseOutcome`, or of
 * the `HandshakeError` of a connection that never opened. For reports and people; code that decides should match on the outcome.
 *
 * @since 0.1.0
 */
import type { Status } from "@effect-ws/codec/CloseStatus"
import type { ClosingFacts } from "@effect-ws/codec/report/ConnectionRecord"
import { unclosed } from "@effect-ws/codec/report/ConnectionRecord"
import { describe } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { HandshakeError } from "./HandshakeError.js"

/**
 * The closing behavior of one side, with the names of Autobahn's reports.
 *
 * @since 0.1.0
 * @category models
 */
export type ClosingBehavior = ClosingFacts

/**
 * @example
 * import { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
 * import * as ClosingBehavior from "@effect-ws/platform/ClosingBehavior"
 *
 * ClosingBehavior.fromOutcome(CloseOutcome.Dropped({
 *   role: "client",
 *   closedFirst: "none",
 *   local: undefined,
 *   remote: undefined,
 *   droppedBy: "peer",
 *   cause: { _tag: "Eof" }
 * })).wasNotCleanReason // "the peer ended the stream without a Close"
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromOutcome = (outcome: CloseOutcome): ClosingBehavior => {
  const { received, sent, words } = describe(outcome)
  const wasClean = outcome._tag === "Clean"
  return {
    isServer: outcome.role === "server",
    closedByMe: outcome.closedFirst === "us",
    failedByMe: outcome._tag === "Failed",
    droppedByMe: outcome.droppedBy === "us",
    wasClean,
    wasNotCleanReason: wasClean ? null : words,
    wasServerConnectionDropTimeout: outcome._tag === "DropTimeout",
    wasOpenHandshakeTimeout: false,
    wasCloseHandshakeTimeout: outcome._tag === "CloseTimeout",
    localCloseCode: sent?.code ?? null,
    localCloseReason: reasonOf(sent),
    remoteCloseCode: received?.code ?? null,
    remoteCloseReason: reasonOf(received)
  }
}

/** Autobahn's reports have no empty reasons. */
const reasonOf = (close: Status | undefined): string | null =>
  close === undefined || close.reason === "" ? null : close.reason

/**
 * For a client's connection that never opened.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromHandshakeError = (error: HandshakeError): ClosingBehavior => ({
  ...unclosed(false),
  droppedByMe: droppedByUs(error.reason._tag),
  wasNotCleanReason: error.message,
  wasOpenHandshakeTimeout: error.reason._tag === "Timeout"
})

/** Whether it was us who gave a transport up, of those that never opened. */
const droppedByUs = (reason: HandshakeError["reason"]["_tag"]): boolean => {
  switch (reason) {
    case "Timeout":
    case "ProxyFailed":
    case "Refused":
    case "Violation":
    case "NoHttp2":
      return true
    case "InvalidRequest":
    case "InvalidOption":
    case "Unreachable":
    case "TlsFailed":
    case "Dropped":
    case "Undisclosed":
      return false
  }
}
