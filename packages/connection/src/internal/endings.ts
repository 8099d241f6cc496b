/**
 * What a reader finds behind the last message, as soon as it can be known: when a Close or a failure was met, not when the
 * transport is gone.
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import type { Failure } from "../CloseOutcome.js"
import { ConnectionDropped, type End, EndOfMessages, PeerClosed, ProtocolFailure } from "../ConnectionError.js"
import type { State } from "../Protocol.js"

export const endOf = (state: State): End | undefined => {
  switch (state._tag) {
    case "Open":
      switch (state.ending?._tag) {
        case undefined:
          return undefined
        case "PeerClose":
          return ofPeer(state.ending.remote)
        case "Failure":
          return ofFailure(state.ending.failure)
      }
    case "Closing":
      return undefined
    case "AwaitingEof":
      return state.closedFirst === "us" ? new EndOfMessages({ remote: state.remote }) : ofPeer(state.remote)
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
        ? new EndOfMessages({ remote: undefined })
        : new ConnectionDropped({ cause: outcome.cause })
    case "Clean":
    case "DropTimeout":
      return outcome.closedFirst === "us" || outcome.remote === undefined
        ? new EndOfMessages({ remote: outcome.remote })
        : ofPeer(outcome.remote)
    case "CloseTimeout":
    case "Aborted":
      return new EndOfMessages({ remote: outcome.remote })
  }
}

/** 1000, 1001 and no code are the normal ways to end. */
const ofPeer = (remote: CloseStatus): End =>
  remote._tag === "Empty" || remote.code === 1000 || remote.code === 1001
    ? new EndOfMessages({ remote })
    : new PeerClosed({ code: remote.code, reason: remote.reason })

const ofFailure = (failure: Failure): End => {
  switch (failure._tag) {
    case "Violation":
      return new ProtocolFailure({ rule: failure.rule, rfc: failure.rfc })
    case "KeepaliveTimeout":
      return new ConnectionDropped({ cause: failure })
  }
}
