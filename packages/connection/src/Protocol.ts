/**
 * The WebSocket protocol (RFC 6455 §5, §7; RFC 7692 §6) as a state machine: a state and an input -> the next state, what was
 * received, and what to do. The only place that knows a connection's state, and blind to the role except where the RFC is not.
 *
 * Pure from outside: no I/O, no clock, no randomness; timers and inflating are actions whose results come back as inputs. It
 * is built for batches: one call for each socket read. The octets it is given are lent: it unmasks them in place, and copies what
 * it keeps. Only what waits behind an inflating message lies in the state as it came: {@link detach} ends that.
 *
 *                 | peer's Close  | violation | end of stream | broken  | timer, then destroy
 *     Open        | > AwaitingEof | > Failing | Dropped       | Dropped | keepalive: > Failing
 *     Closing     | > AwaitingEof | > Failing | Dropped       | Dropped | CloseTimeout
 *     AwaitingEof | -             | -         | Clean         | Clean   | client DropTimeout, server Clean
 *     Failing     | -             | -         | Failed        | Failed  | Failed
 *
 * In Open, a Close or failure behind messages is held until what is sent in answer to them was sent: see {@link settle}.
 *
 * @since 0.1.0
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Decoder from "@effect-ws/codec/Decoder"
import type * as Primitives from "@effect-ws/codec/Primitives"
import * as Violation from "@effect-ws/codec/Violation"
import type { AbortReason, Facts, Role } from "./CloseOutcome.js"
import { CloseOutcome, DropCause, Failure } from "./CloseOutcome.js"
import { Batch, detach as detachReading, type Ending, idle, type Inflating, type Reading } from "./internal/batch.js"
import { joined } from "./internal/octets.js"
import type { Fragment, Message } from "./Message.js"

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
export type State = Open | Closing | AwaitingEof | Failing | Closed

/**
 * Data may flow both ways.
 *
 * @since 0.1.0
 * @category models
 */
export interface Open {
  readonly _tag: "Open"
  readonly reading: Reading
  /** The peer's Close or a failure, held behind the messages before it. */
  readonly ending: Ending | undefined
  /** The end of the stream that followed the ending. */
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
 * What became of an {@link Action} "Inflate".
 *
 * @since 0.1.0
 * @category models
 */
export type InflateResult =
  | { readonly _tag: "Inflated"; readonly parts: ReadonlyArray<Primitives.Octets> }
  | { readonly _tag: "Invalid" }
  | { readonly _tag: "TooBig" }

/**
 * A connection whose opening handshake is done.
 *
 * @since 0.1.0
 * @category states
 */
export const open: State = { _tag: "Open", reading: idle, ending: undefined, eof: false }

/**
 * Octets came. They are lent, and changed (unmasked), until the next input that is not {@link inflated}; or until {@link detach}.
 *
 * @since 0.1.0
 * @category inputs
 */
export const receive = (settings: Settings, state: State, octets: Uint8Array): Step => {
  switch (state._tag) {
    case "Open":
      return state.ending === undefined ? read(settings, state, octets) : stay(state)
    case "Closing":
      return read(settings, state, octets)
    case "AwaitingEof":
    case "Failing":
    case "Closed":
      return stay(state)
  }
}

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
export const inflated = (settings: Settings, state: State, result: InflateResult): Step => {
  if (state._tag !== "Open" && state._tag !== "Closing") return stay(state)
  const inflating = state.reading.inflating
  if (inflating === undefined) return stay(state)
  const batch = new Batch(settings, state.reading)
  if (batch.inflated(result)) parse(settings, batch, inflating.rest)
  const step = conclude(settings, state, batch)
  if (inflating.eof === undefined) return step
  // The end of the stream had come behind octets that were waiting.
  return step.state._tag === "Open" || step.state._tag === "Closing"
    ? after(
      step,
      step.state.reading.inflating === undefined
        ? ended(settings, step.state)
        : stay(withEof(step.state, step.state.reading.inflating))
    )
    : after(step, endedBy(settings, step.state, "peer"))
}

/**
 * All that came before the held Close or failure is dealt with: it takes effect. Nothing happens when nothing is held.
 *
 * @since 0.1.0
 * @category inputs
 */
export const settle = (settings: Settings, state: State): Step => {
  if (state._tag !== "Open" || state.ending === undefined) return stay(state)
  const step = finish(settings, state.ending)
  return state.eof ? after(step, endedBy(settings, step.state, "peer")) : step
}

/**
 * The user closes. `status` must be legal: see `CloseStatus.check`.
 *
 * @since 0.1.0
 * @category inputs
 */
export const close = (settings: Settings, state: State, status: CloseStatus.CloseStatus): Step => {
  if (state._tag !== "Open") return stay(state)
  if (state.ending !== undefined) return settle(settings, state)
  return step({ _tag: "Closing", reading: state.reading, local: status, flushed: false }, [
    { _tag: "SendClose", status },
    startCloseReply
  ])
}

/**
 * The peer gave no sign of life for too long.
 *
 * @since 0.1.0
 * @category inputs
 */
export const unresponsive = (settings: Settings, state: State): Step => {
  if (state._tag !== "Open") return stay(state)
  return state.ending === undefined
    ? fail(Failure.KeepaliveTimeout(), CloseStatus.make(1011, "no sign of life"), undefined)
    : settle(settings, state)
}

/**
 * Something threw on our side. RFC 6455 §7.4.1 has 1011 for it. A second Close is not sent, and one that is held is not answered.
 *
 * @since 0.1.0
 * @category inputs
 */
export const failed = (settings: Settings, state: State, defect: unknown): Step => {
  const failure: Failure = { _tag: "Defect", defect }
  switch (state._tag) {
    case "Open": {
      const next = fail(failure, closeOf(failure), state.ending?.remote)
      return state.eof ? after(next, endedBy(settings, next.state, "peer")) : next
    }
    case "Closing":
      return step({ _tag: "Failing", failure, local: state.local, remote: undefined }, leave)
    case "AwaitingEof":
    case "Failing":
    case "Closed":
      return step(state, destroy)
  }
}

/**
 * What was written so far, a Close among it, has left: waiting for the peer begins.
 *
 * @since 0.1.0
 * @category inputs
 */
export const flushed = (state: State): Step => {
  switch (state._tag) {
    case "Closing":
      return step({ ...state, flushed: true }, [startCloseReply])
    case "AwaitingEof":
    case "Failing":
      return step(state, [startDrop])
    case "Open":
    case "Closed":
      return stay(state)
  }
}

/**
 * A timer is over. When writing has progressed since it was started, it starts anew: a slow peer is no silent one.
 *
 * @since 0.1.0
 * @category inputs
 */
export const fired = (settings: Settings, state: State, progressed: boolean): Step => {
  switch (state._tag) {
    case "Open":
      return settle(settings, state)
    case "Closing":
      return progressed && !state.flushed
        ? step(state, [startCloseReply])
        : step(closed(CloseOutcome.CloseTimeout(facts(settings, state, "us"))), destroy)
    case "AwaitingEof": {
      if (progressed) return step(state, [startDrop])
      const known = facts(settings, state, "us")
      const outcome = settings.role === "client" ? CloseOutcome.DropTimeout(known) : CloseOutcome.Clean(known)
      return step(closed(outcome), destroy)
    }
    case "Failing":
      return progressed ? step(state, [startDrop]) : step(closed(failedBy(settings, state, "us")), destroy)
    case "Closed":
      return step(state, destroy)
  }
}

/**
 * The peer ended its side of the stream.
 *
 * @since 0.1.0
 * @category inputs
 */
export const ended = (settings: Settings, state: State): Step =>
  // In AwaitingEof a server has ended its side first, and in Failing both have.
  endedBy(settings, state, state._tag === "Failing" || settings.role === "server" ? "us" : "peer")

const endedBy = (settings: Settings, state: State, droppedBy: "us" | "peer"): Step => {
  switch (state._tag) {
    case "Open":
      if (state.ending !== undefined) return stay({ ...state, eof: true })
      return whenInflated(settings, state)
    case "Closing":
      return whenInflated(settings, state)
    case "AwaitingEof":
      return step(closed(CloseOutcome.Clean(facts(settings, state, droppedBy))), leave)
    case "Failing":
      return step(closed(failedBy(settings, state, droppedBy)), leave)
    case "Closed":
      return stay(state)
  }
}

/**
 * The transport is gone.
 *
 * @since 0.1.0
 * @category inputs
 */
export const broken = (settings: Settings, state: State, cause: DropCause): Step => {
  switch (state._tag) {
    case "Open":
      return step(
        closed(
          state.ending?._tag === "Failure"
            ? CloseOutcome.Failed({ ...facts(settings, state, "peer"), failure: state.ending.failure })
            : dropped(settings, state, cause)
        ),
        none
      )
    case "Closing":
      return step(closed(dropped(settings, state, cause)), none)
    case "AwaitingEof":
    case "Failing":
      return step(ended(settings, state).state, none)
    case "Closed":
      return stay(state)
  }
}

/**
 * We cut the transport.
 *
 * @since 0.1.0
 * @category inputs
 */
export const abort = (settings: Settings, state: State, why: AbortReason): Step => {
  switch (state._tag) {
    case "AwaitingEof": {
      const known = facts(settings, state, "us")
      // 6455 §7.1.1: to drop TCP now is the server's right
      const outcome = settings.role === "server" ? CloseOutcome.Clean(known) : CloseOutcome.Aborted({ ...known, why })
      return step(closed(outcome), destroy)
    }
    case "Failing":
      return step(closed(failedBy(settings, state, "us")), destroy)
    case "Open": {
      const droppedBy = state.eof ? "peer" : "us"
      return step(closed(CloseOutcome.Aborted({ ...facts(settings, state, droppedBy), why })), destroy)
    }
    case "Closing":
      return step(closed(CloseOutcome.Aborted({ ...facts(settings, state, "us"), why })), destroy)
    case "Closed":
      return step(state, destroy)
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Reading
// ---------------------------------------------------------------------------------------------------------------

const read = (settings: Settings, state: Open | Closing, octets: Uint8Array): Step => {
  const inflating = state.reading.inflating
  if (inflating !== undefined) {
    return stay({
      ...state,
      reading: { ...state.reading, inflating: { ...inflating, rest: joined(inflating.rest, octets) } }
    })
  }
  const batch = new Batch(settings, state.reading)
  parse(settings, batch, octets)
  return conclude(settings, state, batch)
}

/** Takes parts until the octets, or the batch, are at an end. */
const parse = (settings: Settings, batch: Batch, octets: Uint8Array): void => {
  const decoder = new Decoder.Decoder(settings.primitives, batch.carry, octets)
  for (;;) {
    switch (decoder.next()) {
      case "Header":
        if (batch.header(decoder.header)) continue
        return
      case "Payload":
        if (batch.payload(decoder)) continue
        return
      case "End":
        return batch.end(decoder.carry())
    }
  }
}

const conclude = (settings: Settings, state: Open | Closing, batch: Batch): Step => {
  const { actions, ending, fragments, messages } = batch
  if (ending === undefined) {
    const reading = batch.reading()
    const next = reading === state.reading
      ? state
      : state._tag === "Closing"
      ? { ...state, reading }
      : reading === idle
      ? open
      : { _tag: "Open" as const, reading, ending: state.ending, eof: state.eof } // a spread takes 0.8 µs
    return { state: next, messages, fragments, actions }
  }
  if (state._tag === "Open") {
    const held: Open = { _tag: "Open", reading: idle, ending, eof: false }
    return { state: held, messages, fragments, actions: [...actions, startSettle] }
  }
  const last = ending._tag === "PeerClose"
    ? bothClosed(settings, "us", state.local, ending.remote)
    : step({ _tag: "Failing", failure: ending.failure, local: state.local, remote: ending.remote }, leave)
  return { state: last.state, messages, fragments, actions: [...actions, ...last.actions] }
}

const withEof = (state: Open | Closing, inflating: Inflating): State => ({
  ...state,
  reading: { ...state.reading, inflating: { ...inflating, eof: true } }
})

// ---------------------------------------------------------------------------------------------------------------
// Closing
// ---------------------------------------------------------------------------------------------------------------

const finish = (settings: Settings, ending: Ending): Step => {
  if (ending._tag === "Failure") return fail(ending.failure, closeOf(ending.failure), ending.remote)
  // 6455 §5.5.1: answer with the code received
  const local = ending.remote._tag === "Empty" ? CloseStatus.empty : CloseStatus.make(ending.remote.code)
  return after(step(open, [{ _tag: "SendClose", status: local }]), bothClosed(settings, "peer", local, ending.remote))
}

const bothClosed = (
  settings: Settings,
  closedFirst: "us" | "peer",
  local: CloseStatus.CloseStatus,
  remote: CloseStatus.CloseStatus
): Step =>
  // 6455 §7.1.1: the server drops TCP first, the client waits for it
  step({ _tag: "AwaitingEof", closedFirst, local, remote }, settings.role === "server" ? leave : [startDrop])

const fail = (failure: Failure, local: CloseStatus.CloseStatus, remote: CloseStatus.CloseStatus | undefined): Step =>
  step({ _tag: "Failing", failure, local, remote }, [{ _tag: "SendClose", status: local }, ...leave])

const closeOf = (failure: Failure): CloseStatus.CloseStatus => {
  switch (failure._tag) {
    case "Violation":
      return CloseStatus.make(Violation.rules[failure.rule].closeCode, saysOf(failure))
    case "KeepaliveTimeout":
      return CloseStatus.make(1011, "no sign of life")
    case "Defect":
      return CloseStatus.make(1011, "internal error")
  }
}

/** For the peer, in at most 123 octets. */
const saysOf = ({ excess, rule }: Extract<Failure, { readonly _tag: "Violation" }>): string => {
  const { says } = Violation.rules[rule]
  return excess === undefined ? says : `${says}, ${excess.limit} bytes`
}

const whenInflated = (settings: Settings, state: Open | Closing): Step =>
  state.reading.inflating === undefined
    ? step(closed(dropped(settings, state, DropCause.Eof())), leave)
    : stay(withEof(state, state.reading.inflating))

const facts = (settings: Settings, state: Exclude<State, Closed>, droppedBy: "us" | "peer"): Facts => {
  const role = settings.role
  switch (state._tag) {
    case "Open": {
      const closedFirst = state.ending?._tag === "PeerClose" ? "peer" : "none"
      return { role, closedFirst, local: undefined, remote: state.ending?.remote, droppedBy }
    }
    case "Closing":
      return { role, closedFirst: "us", local: state.local, remote: undefined, droppedBy }
    case "AwaitingEof":
      return { role, closedFirst: state.closedFirst, local: state.local, remote: state.remote, droppedBy }
    case "Failing":
      return { role, closedFirst: "us", local: state.local, remote: state.remote, droppedBy }
  }
}

const dropped = (settings: Settings, state: Open | Closing, cause: DropCause): CloseOutcome =>
  CloseOutcome.Dropped({ ...facts(settings, state, "peer"), cause })

const failedBy = (settings: Settings, state: Failing, droppedBy: "us" | "peer"): CloseOutcome =>
  CloseOutcome.Failed({ ...facts(settings, state, droppedBy), failure: state.failure })

const closed = (outcome: CloseOutcome): Closed => ({ _tag: "Closed", outcome })

// ---------------------------------------------------------------------------------------------------------------
// Steps
// ---------------------------------------------------------------------------------------------------------------

const none: ReadonlyArray<never> = []
const startSettle: Action = { _tag: "StartTimer", timer: "Settle" }
const startCloseReply: Action = { _tag: "StartTimer", timer: "CloseReply" }
const startDrop: Action = { _tag: "StartTimer", timer: "Drop" }
const leave: ReadonlyArray<Action> = [{ _tag: "HalfClose" }, startDrop]
const destroy: ReadonlyArray<Action> = [{ _tag: "Destroy" }]

const step = (state: State, actions: ReadonlyArray<Action>): Step => ({
  state,
  messages: none,
  fragments: none,
  actions
})

const stay = (state: State): Step => step(state, none)

/** One step behind another. */
const after = (first: Step, second: Step): Step => ({
  state: second.state,
  messages: first.messages,
  fragments: first.fragments,
  actions: [...first.actions, ...second.actions]
})
