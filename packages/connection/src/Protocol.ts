/**
 * The WebSocket protocol (RFC 6455 §5, §7; RFC 7692 §6) as a state machine: a state and an input -> the next state, what was
 * received, and what to do. The only place that knows a connection's state, and blind to the role except where the RFC is not.
 *
 * Pure from outside: no I/O, no clock, no randomness; timers and inflating are actions whose results come back as inputs. It
 * is built for batches: one call for each socket read. The octets it is given are lent: it unmasks them in place, and copies what
 * it keeps. Only what waits behind an inflating message lies in the state as it came: {@link detach} ends that.
 *
 * All transitions stand in one table, state by input: `protocol/transitions.ts`. The functions below name the inputs.
 *
 * @since 0.1.0
 */
import type * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type * as Primitives from "@effect-ws/codec/Primitives"
import type { AbortReason, CloseOutcome, DropCause, Failure, Role } from "./CloseOutcome.js"
import type { InflateResult } from "./host/Compression.js"
import type { Fragment, Message } from "./Message.js"
import { detach as detachReading, type Ending, type Reading } from "./protocol/Reception.js"
import * as transitions from "./protocol/transitions.js"

/**
 * What does not change while a connection lives.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly role: Role
  readonly primitives: Primitives.Primitives
  /** In octets. */
  readonly maxMessageSize: number
  /** Whether permessage-deflate was negotiated. */
  readonly compression: boolean
  /** Whether messages come whole, or as fragments of any size (then {@link maxMessageSize} does not apply). */
  readonly incoming: "whole" | "streamed"
}

/**
 * @since 0.1.0
 * @category models
 */
export type State = Open | Settling | Closing | AwaitingEof | Failing | Closed

/**
 * Data may flow both ways.
 *
 * @since 0.1.0
 * @category models
 */
export interface Open {
  readonly _tag: "Open"
  readonly reading: Reading
}

/**
 * The peer's Close or a failure was read. It is held until what is sent in answer to the messages before it was sent: nothing more
 * is read, sending still works.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settling {
  readonly _tag: "Settling"
  readonly ending: Ending
  /** Whether the end of the stream has come behind it. */
  readonly eof: boolean
}

/**
 * We sent Close first; we still read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Closing {
  readonly _tag: "Closing"
  readonly reading: Reading
  readonly local: CloseStatus.CloseStatus
  /** Whether our Close has left: until then, progress of writing prolongs the wait for its answer. */
  readonly flushed: boolean
}

/**
 * Both Closes were sent; only the end of the stream is missing.
 *
 * @since 0.1.0
 * @category models
 */
export interface AwaitingEof {
  readonly _tag: "AwaitingEof"
  readonly closedFirst: "us" | "peer"
  readonly local: CloseStatus.CloseStatus
  readonly remote: CloseStatus.CloseStatus
}

/**
 * We failed the connection; whatever comes is discarded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failing {
  readonly _tag: "Failing"
  readonly failure: Failure
  readonly local: CloseStatus.CloseStatus
  readonly remote: CloseStatus.CloseStatus | undefined
}

/**
 * Over.
 *
 * @since 0.1.0
 * @category models
 */
export interface Closed {
  readonly _tag: "Closed"
  readonly outcome: CloseOutcome
}

/**
 * What to do, in order, behind what was received.
 *
 * @since 0.1.0
 * @category models
 */
export type Action =
  | { readonly _tag: "SendClose"; readonly status: CloseStatus.CloseStatus }
  /** Answer a ping. The payload is good until the next input. */
  | { readonly _tag: "SendPong"; readonly payload: Uint8Array }
  /** The peer answered a ping, or says that it lives. */
  | { readonly _tag: "NotePong"; readonly payload: Uint8Array }
  /** Inflate this run of a compressed message, `last` being its end, to at most `limit` octets; then call {@link inflated}. */
  | { readonly _tag: "Inflate"; readonly octets: Uint8Array; readonly last: boolean; readonly limit: number }
  /** Start the timer, in place of any other, and call {@link fired} when it is over. */
  | { readonly _tag: "StartTimer"; readonly timer: Timer }
  /** End our side behind what was written. */
  | { readonly _tag: "HalfClose" }
  | { readonly _tag: "Destroy" }

/**
 * The timers: for what is held, for the answer to our Close, and for the end of the stream.
 *
 * @since 0.1.0
 * @category models
 */
export type Timer = "Settle" | "CloseReply" | "Drop"

/**
 * The answer to an input.
 *
 * @since 0.1.0
 * @category models
 */
export interface Step {
  readonly state: State
  /** Whole messages, in order; always empty when they are streamed. */
  readonly messages: ReadonlyArray<Message>
  /** Pieces of messages, in order; always empty when they come whole. */
  readonly fragments: ReadonlyArray<Fragment>
  readonly actions: ReadonlyArray<Action>
}

/**
 * A connection whose opening handshake is done.
 *
 * @since 0.1.0
 * @category states
 */
export const open: State = transitions.open

/**
 * Whether data may still be sent: no Close of ours was decided on.
 *
 * @since 0.1.0
 * @category states
 */
export const maySend = (state: State): boolean => state._tag === "Open" || state._tag === "Settling"

/**
 * Octets came. They are lent, and changed (unmasked), until the next input that is not {@link inflated}; or until {@link detach}.
 *
 * @since 0.1.0
 * @category inputs
 */
export const receive = (settings: Settings, state: State, octets: Uint8Array): Step =>
  transitions.take(settings, state, "Octets", octets)

/**
 * The octets that were received are somebody else's again. What still waits to be inflated, and what came behind it, has memory
 * of its own from here on.
 *
 * @since 0.1.0
 * @category inputs
 */
export const detach = (state: State): State => {
  if (state._tag !== "Open" && state._tag !== "Closing") return state
  const reading = detachReading(state.reading)
  return reading === state.reading ? state : { ...state, reading }
}

/**
 * The action "Inflate" is done. Reading goes on with what had come behind it.
 *
 * @since 0.1.0
 * @category inputs
 */
export const inflated = (settings: Settings, state: State, result: InflateResult): Step =>
  transitions.take(settings, state, "Inflated", result)

/**
 * All that came before the held Close or failure is dealt with: it takes effect. Nothing happens when nothing is held.
 *
 * @since 0.1.0
 * @category inputs
 */
export const settle = (settings: Settings, state: State): Step =>
  transitions.take(settings, state, "Settled", undefined)

/**
 * The user closes. `status` must be legal: see `CloseStatus.check`.
 *
 * @since 0.1.0
 * @category inputs
 */
export const close = (settings: Settings, state: State, status: CloseStatus.CloseStatus): Step =>
  transitions.take(settings, state, "UserClose", status)

/**
 * The peer gave no sign of life for too long.
 *
 * @since 0.1.0
 * @category inputs
 */
export const unresponsive = (settings: Settings, state: State): Step =>
  transitions.take(settings, state, "Silence", undefined)

/**
 * Something threw on our side. RFC 6455 §7.4.1 has 1011 for it. A second Close is not sent, and one that is held is not answered.
 *
 * @since 0.1.0
 * @category inputs
 */
export const failed = (settings: Settings, state: State, defect: unknown): Step =>
  transitions.take(settings, state, "Defect", defect)

/**
 * What was written so far, a Close among it, has left: waiting for the peer begins.
 *
 * @since 0.1.0
 * @category inputs
 */
export const flushed = (settings: Settings, state: State): Step =>
  transitions.take(settings, state, "Flushed", undefined)

/**
 * A timer is over. When writing has progressed since it was started, it starts anew: a slow peer is no silent one.
 *
 * @since 0.1.0
 * @category inputs
 */
export const fired = (settings: Settings, state: State, progressed: boolean): Step =>
  transitions.take(settings, state, "Timer", progressed)

/**
 * The peer ended its side of the stream.
 *
 * @since 0.1.0
 * @category inputs
 */
export const ended = (settings: Settings, state: State): Step => transitions.take(settings, state, "End", undefined)

/**
 * The transport is gone.
 *
 * @since 0.1.0
 * @category inputs
 */
export const broken = (settings: Settings, state: State, cause: DropCause): Step =>
  transitions.take(settings, state, "Broken", cause)

/**
 * We cut the transport.
 *
 * @since 0.1.0
 * @category inputs
 */
export const abort = (settings: Settings, state: State, why: AbortReason): Step =>
  transitions.take(settings, state, "Abort", why)
