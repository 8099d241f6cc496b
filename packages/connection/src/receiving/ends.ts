/**
 * What a reader finds after the last message: the error that says how reading ended. The machine decides whether and how.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Data from "effect/Data"
import type { Failure } from "../CloseOutcome.js"
import { ConnectionDropped, type End, EndOfMessages, PeerClosed, ProtocolFailure } from "../ConnectionError.js"
import type { ReadingEnd } from "../Protocol.js"

export const errorOf = (end: ReadingEnd): End => {
  switch (end._tag) {
    case "Normal":
      return normal(end.remote)
    case "PeerClosed":
      return new PeerClosed({ code: end.code, reason: end.reason })
    case "Failed":
      return ofFailure(end.failure)
    case "Dropped":
      return new ConnectionDropped({ cause: Data.struct(end.cause) })
  }
}

/** Most connections end in one of few ways, and the stack of an error costs more than the rest of closing. */
const normal = (remote: CloseStatus.CloseStatus | undefined): EndOfMessages => {
  if (remote === undefined) return unanswered
  if (remote._tag === "Empty") return empty
  return (remote.reason === "" ? usual.get(remote.code) : undefined) ??
    new EndOfMessages({ remote: Data.struct(remote) })
}

const unanswered = new EndOfMessages({ remote: undefined })
const empty = new EndOfMessages({ remote: Data.struct(CloseStatus.empty) })
const usual = new Map(
  [1000, 1001, 1011].map((code) => [code, new EndOfMessages({ remote: Data.struct(CloseStatus.make(code)) })])
)

const ofFailure = (failure: Failure): End => {
  switch (failure._tag) {
    case "Violation": {
      const { excess, rfc, rule } = failure
      return new ProtocolFailure({ rule, rfc, excess: excess === undefined ? undefined : Data.struct(excess) })
    }
    case "KeepaliveTimeout":
    case "InboxFull":
    case "Defect":
      return new ConnectionDropped({ cause: Data.struct(failure) })
  }
}
