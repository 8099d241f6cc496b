/**
 * What a reader finds behind the last message, as soon as it can be known: when a Close or a failure was met, not when the
 * transport is gone.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Data from "effect/Data"
import type { Failure } from "../CloseOutcome.js"
import { ConnectionDropped, type End, EndOfMessages, PeerClosed, ProtocolFailure } from "../ConnectionError.js"
import type { State } from "../Protocol.js"

export const endOf = (state: State): End | undefined => {
  switch (state._tag) {
    case "Open":
      return undefined
    case "Settling":
      switch (state.ending._tag) {
        case "PeerClose":
          return ofPeer(state.ending.remote)
        case "Failure":
          return ofFailure(state.ending.failure)
      }
    case "Closing":
      return undefined
    case "AwaitingEof":
      return state.closedFirst === "us" ? normal(state.remote) : ofPeer(state.remote)
    case "Failing":
      return ofFailure(state.failure)
    case "Closed":
      return ofOutcome(state)
  }
}

const ofOutcome = ({ outcome }: Extract<State, { readonly _tag: "Closed" }>): End => {
  switch (outcome._tag) {
    case "Failed":
      return ofFailure(outcome.failure)
    case "Dropped":
      return outcome.closedFirst === "us"
        ? normal(undefined)
        : new ConnectionDropped({ cause: outcome.cause })
    case "Clean":
    case "DropTimeout":
      return outcome.closedFirst === "us" || outcome.remote === undefined
        ? normal(outcome.remote)
        : ofPeer(outcome.remote)
    case "CloseTimeout":
    case "Aborted":
      return normal(outcome.remote)
  }
}

/** 1000, 1001 and no code are the normal ways to end. */
const ofPeer = (remote: CloseStatus.CloseStatus): End =>
  remote._tag === "Empty" || remote.code === 1000 || remote.code === 1001
    ? normal(remote)
    : new PeerClosed({ code: remote.code, reason: remote.reason })

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
    case "Violation":
      return new ProtocolFailure({ rule: failure.rule, rfc: failure.rfc, excess: failure.excess })
    case "KeepaliveTimeout":
    case "Defect":
      return new ConnectionDropped({ cause: failure })
  }
}
