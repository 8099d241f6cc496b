/**
 * What readers find after the last message, as soon as it is known: at a Close or a failure, not only when the transport is gone.
 */
import type * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { CloseOutcome, Failure } from "../CloseOutcome.js"
import type { ReadingEnd, State } from "./State.js"

export const endOf = (state: State): ReadingEnd | undefined => {
  switch (state._tag) {
    case "Open":
    case "Closing":
    case "Draining":
      return undefined
    case "Settling":
      switch (state.ending._tag) {
        case "PeerClose":
          return ofPeer(state.ending.remote)
        case "Failure":
          return ofFailure(state.ending.failure)
      }
    case "AwaitingEof":
      return state.closedFirst === "us" ? normal(state.remote) : ofPeer(state.remote)
    case "Failing":
      return ofFailure(state.failure)
    case "Closed":
      return endOfOutcome(state.outcome)
  }
}

/** Of a connection that is over. */
export const endOfOutcome = (outcome: CloseOutcome): ReadingEnd => {
  switch (outcome._tag) {
    case "Failed":
      return ofFailure(outcome.failure)
    case "Dropped":
      return outcome.closedFirst === "none" ? { _tag: "Dropped", cause: outcome.cause } : ofCloses(outcome)
    case "Clean":
    case "DropTimeout":
      return ofCloses(outcome)
    case "CloseTimeout":
    case "Aborted":
      return normal(outcome.remote)
  }
}

const ofCloses = ({ closedFirst, remote }: CloseOutcome): ReadingEnd =>
  closedFirst === "us" || remote === undefined ? normal(remote) : ofPeer(remote)

/** 1000, 1001 and no code are the normal ways to end. */
const ofPeer = (remote: CloseStatus.CloseStatus): ReadingEnd =>
  remote._tag === "Empty" || remote.code === 1000 || remote.code === 1001
    ? normal(remote)
    : { _tag: "PeerClosed", code: remote.code, reason: remote.reason }

const normal = (remote: CloseStatus.CloseStatus | undefined): ReadingEnd => ({ _tag: "Normal", remote })

const ofFailure = (failure: Failure): ReadingEnd => ({ _tag: "Failed", failure })
