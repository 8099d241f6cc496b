/**
 * How the command ends: an exit code for each kind of end, so that scripts can tell them apart.
 *
 *     0    closed as agreed: with 1000, 1001, or no code
 *     1    closed with another code
 *     2    the command line is wrong
 *     3    there was no connection: unreachable, TLS, refused
 *     4    the connection was lost, without a Close or before its answer
 *     5    a rule or a limit was broken, and the connection failed
 *     130  interrupted, by Ctrl-C
 */
import type { Status } from "@effect-ws/codec/CloseStatus"
import * as Excerpt from "@effect-ws/codec/Excerpt"
import * as CloseDescription from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import { HandshakeError } from "@effect-ws/platform/HandshakeError"
import * as Data from "effect/Data"

/** The command is over, and has said what there is to say. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number }> {}

/** The command line cannot be carried out. */
export class Unusable extends Data.TaggedError("Unusable")<{ readonly message: string }> {}

/** How a connection ended, why there is none, or that it was given up between two attempts. */
export type End = CloseOutcome | HandshakeError | "given up"

export const codeOf = (end: End): number => {
  if (end === "given up") return 0
  if (end instanceof HandshakeError) return isUnusable(end.reason) ? 2 : 3
  switch (end._tag) {
    case "Clean": {
      const { code } = CloseDescription.reported(end.closedFirst === "us" ? end.local : end.remote)
      return code === 1000 || code === 1001 || code === 1005 ? 0 : 1
    }
    case "Failed":
      return 5
    case "Aborted":
    case "CloseTimeout":
    case "Dropped":
    case "DropTimeout":
      return 4
  }
}

/** Nothing was sent: what was asked for cannot be. */
const isUnusable = ({ _tag }: HandshakeReason): boolean => _tag === "InvalidOption" || _tag === "InvalidRequest"

/** In a line. What the peer wrote is cut and escaped. */
export const wordsOf = (end: End): string => {
  if (end === "given up") return "closed between two attempts"
  if (end instanceof HandshakeError) return end.message
  const { received, sent, words } = CloseDescription.describe(end)
  return `${words} (sent ${shown(sent)}, received ${shown(received)})`
}

const shown = (status: Status | undefined): string =>
  status === undefined ? "no code" : `${status.code}${status.reason === "" ? "" : ` ${Excerpt.quote(status.reason)}`}`
