/**
 * Describes how a connection ended: one flat name, words for people, and the names by which logs, metrics and reports tell ends
 * apart. In: a `CloseOutcome`. Out: its description.
 *
 * Logs, metrics and reports all read it here, so that they agree. It does not judge whether another attempt is worth it, or how loud
 * a log should be.
 *
 * @since 0.1.0
 */
import type { CloseStatus, Status } from "@effect-ws/codec/CloseStatus"
import * as Excerpt from "@effect-ws/codec/Excerpt"
import type { AbortReason, CloseOutcome, DropCause, Facts, Failure } from "./CloseOutcome.js"

/**
 * What ended a connection: the failure, cause or reason in the outcome, or the outcome itself if it has none.
 *
 * @since 0.1.0
 * @category models
 */
export type How =
  | Failure
  | DropCause
  | AbortReason
  | { readonly _tag: "Clean" }
  | { readonly _tag: "CloseTimeout" }
  | { readonly _tag: "DropTimeout" }

/**
 * @since 0.1.0
 * @category models
 */
export interface CloseDescription {
  /** Flat, so that one switch tells all ends apart. */
  readonly how: How
  /** What happened, as part of a sentence: "the peer ended the stream without a Close". Foreign text is cut and escaped. */
  readonly words: string
  /**
   * What went wrong, in one word, which telemetry uses as `error.type`: the broken rule, or the name of the failure, the reason or
   * the outcome. `undefined` if nothing went wrong.
   */
  readonly errorType: string | undefined
  /**
   * The cause: as {@link errorType}, but for a dropped connection "Eof" or the transport's error. `undefined` where the outcome says
   * it all.
   */
  readonly cause: string | undefined
  /** Both Closes were sent and nobody failed the connection (RFC 6455 §7.1.4), even if the stream did not end in time. */
  readonly isClean: boolean
  /** Reading ends without an error: we closed, or the peer did with 1000, 1001 or no code. */
  readonly isNormal: boolean
  /** The Close that we sent, if it had a code. */
  readonly sent: Status | undefined
  /** The Close that we received, if it had a code. */
  readonly received: Status | undefined
}

/**
 * Describes an outcome.
 *
 * @example
 * import { describe } from "@effect-ws/connection/CloseDescription"
 * import { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
 *
 * describe(CloseOutcome.Dropped({
 *   role: "client",
 *   closedFirst: "none",
 *   local: undefined,
 *   remote: undefined,
 *   droppedBy: "peer",
 *   cause: { _tag: "Eof" }
 * })).words // "the peer ended the stream without a Close"
 *
 * @since 0.1.0
 * @category describing
 */
export const describe = (outcome: CloseOutcome): CloseDescription => ({
  ...told(outcome),
  sent: withCode(outcome.local),
  received: withCode(outcome.remote)
})

/**
 * The code and reason of a Close, with the codes that stand for their absence (RFC 6455 §7.1.5): 1005 if it had no code, 1006 if there
 * was no Close.
 *
 * @since 0.1.0
 * @category describing
 */
export const reported = (status: CloseStatus | undefined): { readonly code: number; readonly reason: string } => {
  if (status === undefined) return { code: 1006, reason: "" }
  return status._tag === "Empty" ? { code: 1005, reason: "" } : { code: status.code, reason: status.reason }
}

type Told = Omit<CloseDescription, "sent" | "received">

const told = (outcome: CloseOutcome): Told => {
  switch (outcome._tag) {
    case "Clean":
      return { ...closed(outcome), words: "both sides closed, and the stream ended", errorType: undefined }
    case "DropTimeout":
      return { ...closed(outcome), words: "the server did not end the stream in time", errorType: "DropTimeout" }
    case "CloseTimeout":
      return {
        how: outcome,
        words: "the peer did not answer our Close in time",
        errorType: "CloseTimeout",
        cause: undefined,
        isClean: false,
        isNormal: true
      }
    case "Failed": {
      const cause = outcome.failure._tag === "Violation" ? outcome.failure.rule : outcome.failure._tag
      const words = `we failed the connection: ${ofFailure(outcome.failure)}`
      return { how: outcome.failure, words, errorType: cause, cause, isClean: false, isNormal: false }
    }
    case "Dropped":
      return {
        how: outcome.cause,
        ...ofDrop(outcome.cause),
        errorType: "Dropped",
        isClean: false,
        isNormal: outcome.closedFirst !== "none" && isNormal(outcome)
      }
    case "Aborted": {
      const { why } = outcome
      const words = `we cut the transport: ${why._tag === "Application" ? why.reason : why._tag}`
      return { how: why, words, errorType: why._tag, cause: why._tag, isClean: false, isNormal: true }
    }
  }
}

/** Both Closes were sent. */
const closed = (outcome: Extract<CloseOutcome, { readonly _tag: "Clean" | "DropTimeout" }>) => ({
  how: outcome,
  cause: undefined,
  isClean: true,
  isNormal: isNormal(outcome)
})

const isNormal = ({ closedFirst, remote }: Facts): boolean =>
  closedFirst === "us" || remote === undefined || remote._tag === "Empty" || remote.code === 1000 ||
  remote.code === 1001

const ofFailure = (failure: Failure): string => {
  switch (failure._tag) {
    case "Violation":
      return `${failure.rule} (RFC ${failure.rfc})`
    case "KeepaliveTimeout":
      return "the peer gave no sign of life within keepaliveTimeout"
    case "InboxFull":
      return `what it sent was not read in time (${failure.size} bytes unread, inboxSize is ${failure.limit})`
    case "Defect":
      return "a defect on our side"
  }
}

const ofDrop = (cause: DropCause): { readonly words: string; readonly cause: string } => {
  switch (cause._tag) {
    case "Eof":
      return { words: "the peer ended the stream without a Close", cause: "Eof" }
    case "Reset":
      return { words: `the transport broke: ${Excerpt.ofCause(cause.error)}`, cause: shown(cause.error) }
  }
}

/** An error may be anything, and its `toString` too. */
const shown = (error: unknown): string => {
  try {
    return Excerpt.show(String(error))
  } catch {
    return "a value that cannot be shown"
  }
}

const withCode = (status: CloseStatus | undefined): Status | undefined => status?._tag === "Status" ? status : undefined
