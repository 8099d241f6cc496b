/**
 * The WebSocket protocol (RFC 6455 §5, §7; RFC 7692 §6) as a state machine: a state and an input -> the next state, what was
 * received, and what to do. It alone knows a connection's state, and looks at the role only where the RFC does.
 *
 * Pure from outside: no I/O, no clock, no randomness; timers and inflating are actions whose results come back as inputs. It
 * is built for batches: one call for each socket read. The bytes it is given are lent: it unmasks them in place, and copies what it
 * keeps. Only what waits behind an inflating message stays in the state as it came: {@link detach} ends that.
 *
 * All transitions are in one table, state by input: `protocol/transitions.ts`. The functions below name the inputs. Outcomes are plain
 * values here, which `Equal` does not compare, unlike those of a connection.
 *
 * @since 0.1.0
 */
import type * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { AbortReason, DropCause } from "./CloseOutcome.js"
import type { InflateResult } from "./host/Compression.js"
import * as endings from "./protocol/endings.js"
import { detach as detachReading } from "./protocol/Reception.js"
import type { Closing, Open, Progress, ReadingEnd, Settings, State, Step } from "./protocol/State.js"
import * as transitions from "./protocol/transitions.js"

export type {
  Action,
  AwaitingEof,
  Closed,
  Closing,
  Draining,
  Ending,
  Failing,
  Inflating,
  Open,
  Progress,
  Reading,
  ReadingEnd,
  Settings,
  Settling,
  State,
  Step,
  Timer
} from "./protocol/State.js"

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
export const maySend = (state: State): boolean =>
  state._tag === "Open" || state._tag === "Settling" || (state._tag === "Draining" && state.before._tag === "Open")

/**
 * Whether no Close was sent or received, and the connection did not fail.
 *
 * @since 0.1.0
 * @category states
 */
export const isOpen = (state: State): boolean => maySend(state) && state._tag !== "Settling"

/**
 * Whether to work on what was received. While the connection is open, that needs room for messages; once it is closing, it does not,
 * since the Close, the end or a reset may be behind it.
 *
 * @since 0.1.0
 * @category states
 */
export const mayGoOn = (state: State, hasRoom: boolean): boolean => hasRoom || !isOpen(state)

/**
 * Whether to read more bytes: not while earlier ones are being inflated, and not without room for messages (see {@link mayGoOn}).
 *
 * @since 0.1.0
 * @category states
 */
export const mayRead = (state: State, hasRoom: boolean): boolean => !isInflating(state) && mayGoOn(state, hasRoom)

const isInflating = (state: State): boolean => {
  switch (state._tag) {
    case "Open":
    case "Closing":
      return state.reading.inflating !== undefined
    case "Draining":
      return true
    case "Settling":
    case "AwaitingEof":
    case "Failing":
    case "Closed":
      return false
  }
}

/**
 * What readers find after the last message, as soon as it is known: before the transport is gone.
 *
 * @since 0.1.0
 * @category states
 */
export const endOfReading = (state: State): ReadingEnd | undefined => endings.endOf(state)

/**
 * Bytes arrived. They are lent, and changed (unmasked), until the next input other than {@link inflated}, or until {@link detach}.
 *
 * @since 0.1.0
 * @category inputs
 */
export const receive = (settings: Settings, state: State, octets: Uint8Array): Step =>
  transitions.take(settings, state, "Octets", octets)

/**
 * Gives the received bytes back to their owner: what still waits to be inflated, and what came behind it, is copied.
 *
 * @since 0.1.0
 * @category inputs
 */
export const detach = (state: State): State => {
  switch (state._tag) {
    case "Open":
    case "Closing":
      return withoutLoans(state)
    case "Draining": {
      const before = withoutLoans(state.before)
      return before === state.before ? state : { ...state, before }
    }
    case "Settling":
    case "AwaitingEof":
    case "Failing":
    case "Closed":
      return state
  }
}

const withoutLoans = (state: Open | Closing): Open | Closing => {
  const reading = detachReading(state.reading)
  return reading === state.reading ? state : { ...state, reading }
}

/**
 * The action "Inflate" is done. Reading goes on with the bytes behind it.
 *
 * @since 0.1.0
 * @category inputs
 */
export const inflated = (settings: Settings, state: State, result: InflateResult): Step =>
  transitions.take(settings, state, "Inflated", result)

/**
 * Everything before the held Close or failure was handled, so it takes effect. If nothing is held, nothing happens.
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
 * Something threw on our side: Close 1011 (RFC 6455 §7.4.1). A second Close is not sent, and a held one is not answered.
 *
 * @since 0.1.0
 * @category inputs
 */
export const failed = (settings: Settings, state: State, defect: unknown): Step =>
  transitions.take(settings, state, "Defect", defect)

/**
 * Everything written so far has left, a Close included: waiting for the peer begins.
 *
 * @since 0.1.0
 * @category inputs
 */
export const flushed = (settings: Settings, state: State): Step =>
  transitions.take(settings, state, "Flushed", undefined)

/**
 * A timer has expired. If writing has progressed since it started, it starts again, ten times at most: a slow peer is not a silent one.
 *
 * @since 0.1.0
 * @category inputs
 */
export const fired = (settings: Settings, state: State, progress: Progress): Step =>
  transitions.take(settings, state, "Timer", progress)

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
