/**
 * Every transition of the protocol, in one table: for each state, what each input does. A missing cell does not compile.
 * docs/reference/closing.md shows it, and `test/Protocol.table.test.ts` walks it.
 *
 * A long file, because a table that is spread is none: the table itself is its first third, and below it are the steps that its rules
 * name. Reading bytes is code of its own (`Reception.ts`), which ends in a state of the table. It knows no transport, clock or host.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Decoder from "@effect-ws/codec/Decoder"
import type { AbortReason, CloseOutcome, DropCause, Facts, Failure } from "../CloseOutcome.js"
import type { InflateResult } from "../host/Compression.js"
import { closeOf } from "./failing.js"
import { joined } from "./octets.js"
import * as Outcome from "./Outcome.js"
import { idle, Reception } from "./Reception.js"
import type {
  Action,
  AwaitingEof,
  Closed,
  Closing,
  Draining,
  Ending,
  Failing,
  Open,
  Progress,
  Settings,
  Settling,
  State,
  Step
} from "./State.js"

/** The inputs of a connection, with their data. */
export interface Inputs {
  /** Bytes of the peer. */
  readonly Octets: Uint8Array
  /** The result of an action "Inflate". */
  readonly Inflated: InflateResult
  /** Everything before a held Close or failure was handled. */
  readonly Settled: undefined
  /** The user closes. */
  readonly UserClose: CloseStatus.CloseStatus
  /** The keepalive's ping was not answered. */
  readonly Silence: undefined
  /** Something threw on our side. */
  readonly Defect: unknown
  /** All that was written has left. */
  readonly Flushed: undefined
  /** A timer has expired; what writing did since it was started. */
  readonly Timer: Progress
  /** The peer ended its side of the stream. */
  readonly End: undefined
  /** The transport is gone. */
  readonly Broken: DropCause
  /** We cut the transport. */
  readonly Abort: AbortReason
}

type StateName = State["_tag"]

type Rule<S extends StateName, I extends keyof Inputs> = (
  settings: Settings,
  state: Extract<State, { readonly _tag: S }>,
  input: Inputs[I]
) => Step

type Transitions = { readonly [S in StateName]: { readonly [I in keyof Inputs]: Rule<S, I> } }

export const open: Open = { _tag: "Open", reading: idle }

/** What `state` does with an input. */
export const take = <I extends keyof Inputs>(settings: Settings, state: State, name: I, input: Inputs[I]): Step => {
  switch (state._tag) {
    case "Open":
      return transitions.Open[name](settings, state, input)
    case "Settling":
      return transitions.Settling[name](settings, state, input)
    case "Closing":
      return transitions.Closing[name](settings, state, input)
    case "Draining":
      return transitions.Draining[name](settings, state, input)
    case "AwaitingEof":
      return transitions.AwaitingEof[name](settings, state, input)
    case "Failing":
      return transitions.Failing[name](settings, state, input)
    case "Closed":
      return transitions.Closed[name](settings, state, input)
  }
}

const stays = (_: Settings, state: State): Step => stay(state)
const cuts = (_: Settings, state: State): Step => step(state, destroy)
const waitsForEnd = (_: Settings, state: State): Step => step(state, [startDrop])
/** Does what the state before would do, while the end of the stream still waits. */
const asBefore = <I extends keyof Inputs>(name: I): Rule<"Draining", I> => (settings, state, input) =>
  stillDraining(state, take(settings, state.before, name, input))

const transitions: Transitions = {
  Open: {
    Octets: (settings, state, octets) => read(settings, state, octets),
    Inflated: (settings, state, result) => readOn(settings, state, result),
    Settled: stays,
    UserClose: (_, { reading }, local) =>
      step({ _tag: "Closing", reading, local, flushed: false, prolonged: 0 }, [
        { _tag: "SendClose", status: local },
        startCloseReply
      ]),
    Silence: () => fail({ _tag: "KeepaliveTimeout" }, undefined),
    // 6455 §7.4.1 has 1011 for it
    Defect: (_, _state, defect) => fail({ _tag: "Defect", defect }, undefined),
    Flushed: stays,
    Timer: stays,
    End: (settings, state) => endWhileReading(settings, state),
    Broken: (settings, state, cause) => step(dropped(settings, state, cause), none),
    Abort: (settings, state, why) => step(aborted(settings, state, why, "us"), destroy)
  },
  Settling: {
    Octets: stays,
    Inflated: stays,
    Settled: (settings, state) => settle(settings, state),
    UserClose: (settings, state) => settle(settings, state),
    Silence: (settings, state) => settle(settings, state),
    Defect: (settings, { ending, eof }, defect) => {
      const failing = fail({ _tag: "Defect", defect }, ending.remote)
      return eof ? endedBefore(settings, failing) : failing
    },
    Flushed: stays,
    Timer: (settings, state) => settle(settings, state),
    End: (_, state) => stay({ ...state, eof: true }),
    Broken: (settings, state, cause) =>
      step(
        state.ending._tag === "Failure"
          ? closed(Outcome.failed(facts(settings, state, "peer"), state.ending.failure))
          : dropped(settings, state, cause),
        none
      ),
    Abort: (settings, state, why) => step(aborted(settings, state, why, state.eof ? "peer" : "us"), destroy)
  },
  Closing: {
    Octets: (settings, state, octets) => read(settings, state, octets),
    Inflated: (settings, state, result) => readOn(settings, state, result),
    Settled: stays,
    UserClose: stays,
    Silence: stays,
    Defect: (_, state, defect) => step(failsBehindClose(state, { _tag: "Defect", defect }, undefined), leave),
    Flushed: (_, state) => step({ ...state, flushed: true }, [startCloseReply]),
    Timer: (settings, state, progress) =>
      !state.flushed && mayTakeLonger(state, progress)
        ? step({ ...state, prolonged: state.prolonged + 1 }, [startCloseReply])
        : step(closed(Outcome.closeTimeout(facts(settings, state, "us"))), destroy),
    End: (settings, state) => endWhileReading(settings, state),
    Broken: (settings, state, cause) => step(dropped(settings, state, cause), none),
    Abort: (settings, state, why) => step(aborted(settings, state, why, "us"), destroy)
  },
  Draining: {
    Octets: stays,
    Inflated: (settings, { before }, result) => endedBefore(settings, take(settings, before, "Inflated", result)),
    Settled: stays,
    UserClose: asBefore("UserClose"),
    Silence: asBefore("Silence"),
    Defect: asBefore("Defect"),
    Flushed: asBefore("Flushed"),
    Timer: asBefore("Timer"),
    End: stays,
    Broken: asBefore("Broken"),
    Abort: asBefore("Abort")
  },
  AwaitingEof: {
    Octets: stays,
    Inflated: stays,
    Settled: stays,
    UserClose: stays,
    Silence: stays,
    Defect: cuts,
    Flushed: waitsForEnd,
    Timer: (settings, state, progress) => {
      if (mayTakeLonger(state, progress)) return step({ ...state, prolonged: state.prolonged + 1 }, [startDrop])
      const known = facts(settings, state, "us")
      return step(closed(settings.role === "client" ? Outcome.dropTimeout(known) : Outcome.clean(known)), destroy)
    },
    End: (settings, state) => step(cleanly(settings, state), leave),
    Broken: (settings, state) => step(cleanly(settings, state), none),
    // 6455 §7.1.1: to drop TCP now is the server's right
    Abort: (settings, state, why) =>
      step(
        settings.role === "server"
          ? closed(Outcome.clean(facts(settings, state, "us")))
          : aborted(settings, state, why, "us"),
        destroy
      )
  },
  Failing: {
    Octets: stays,
    Inflated: stays,
    Settled: stays,
    UserClose: stays,
    Silence: stays,
    Defect: cuts,
    Flushed: waitsForEnd,
    Timer: (settings, state, progress) =>
      mayTakeLonger(state, progress)
        ? step({ ...state, prolonged: state.prolonged + 1 }, [startDrop])
        : step(failed(settings, state, "us"), destroy),
    End: (settings, state) => step(failed(settings, state, "us"), leave),
    Broken: (settings, state) => step(failed(settings, state, "us"), none),
    Abort: (settings, state) => step(failed(settings, state, "us"), destroy)
  },
  Closed: {
    Octets: stays,
    Inflated: stays,
    Settled: stays,
    UserClose: stays,
    Silence: stays,
    Defect: cuts,
    Flushed: stays,
    Timer: cuts,
    End: stays,
    Broken: stays,
    Abort: cuts
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
  const reception = new Reception(settings, state.reading)
  parse(settings, reception, octets)
  return conclude(settings, state, reception)
}

/** Takes parts until the bytes, or the reception, are at an end. */
const parse = (settings: Settings, reception: Reception, octets: Uint8Array): void => {
  const decoder = new Decoder.Decoder(settings.primitives, reception.carry, octets)
  for (;;) {
    switch (decoder.next()) {
      case "Header":
        if (reception.header(decoder.header) === "Stop") return
        continue
      case "Payload":
        if (reception.payload(decoder) === "Stop") return
        continue
      case "End":
        return reception.end(decoder.carry())
    }
  }
}

const conclude = (settings: Settings, state: Open | Closing, reception: Reception): Step => {
  const { actions = none, ending, fragments = none, messages = none } = reception
  if (ending === undefined) {
    const reading = reception.reading()
    const next = reading === state.reading
      ? state
      : state._tag === "Closing"
      ? { ...state, reading }
      : reading === idle
      ? open
      : { _tag: "Open" as const, reading } // a spread takes 0.8 µs
    return { state: next, messages, fragments, actions }
  }
  if (state._tag === "Open") {
    const held: Settling = { _tag: "Settling", ending, eof: false }
    return { state: held, messages, fragments, actions: [...actions, startSettle] }
  }
  const last = ending._tag === "PeerClose"
    ? bothClosed(settings, "us", state.local, ending.remote, state.prolonged)
    : step(failsBehindClose(state, ending.failure, ending.remote), leave)
  return { state: last.state, messages, fragments, actions: [...actions, ...last.actions] }
}

/** The run is inflated: reading goes on with the bytes behind it. */
const readOn = (settings: Settings, state: Open | Closing, result: InflateResult): Step => {
  const { inflating } = state.reading
  if (inflating === undefined) return stay(state)
  const reception = new Reception(settings, state.reading)
  if (reception.inflated(result) === "Continue") parse(settings, reception, inflating.rest)
  return conclude(settings, state, reception)
}

/** The end of the stream waits, like everything else, until the bytes before it are inflated. */
const endWhileReading = (settings: Settings, state: Open | Closing): Step =>
  state.reading.inflating === undefined
    ? step(dropped(settings, state, { _tag: "Eof" }), leave)
    : stay({ _tag: "Draining", before: state })

/** If the step goes on reading, the end of the stream still waits. */
const stillDraining = (draining: Draining, next: Step): Step => {
  const { state } = next
  if (state._tag !== "Open" && state._tag !== "Closing") return next
  return { ...next, state: state === draining.before ? draining : { _tag: "Draining", before: state } }
}

/** The peer's end came before this step, so the peer was the first to end its side, whatever the role. */
const endedBefore = (settings: Settings, before: Step): Step => {
  const { state } = before
  switch (state._tag) {
    case "AwaitingEof":
      return after(before, step(closed(Outcome.clean(facts(settings, state, "peer"))), leave))
    case "Failing":
      return after(before, step(failed(settings, state, "peer"), leave))
    case "Open":
    case "Settling":
    case "Closing":
    case "Draining":
    case "Closed":
      return after(before, take(settings, state, "End", undefined))
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Closing
// ---------------------------------------------------------------------------------------------------------------

/** Everything before the held Close or failure was handled, so it takes effect. */
const settle = (settings: Settings, { ending, eof }: Settling): Step => {
  const next = finish(settings, ending)
  return eof ? endedBefore(settings, next) : next
}

const finish = (settings: Settings, ending: Ending): Step => {
  if (ending._tag === "Failure") return fail(ending.failure, ending.remote)
  // 6455 §5.5.1: answer with the code received
  const local = ending.remote._tag === "Empty" ? CloseStatus.empty : CloseStatus.make(ending.remote.code)
  return after(
    step(open, [{ _tag: "SendClose", status: local }]),
    bothClosed(settings, "peer", local, ending.remote, 0)
  )
}

const bothClosed = (
  settings: Settings,
  closedFirst: "us" | "peer",
  local: CloseStatus.CloseStatus,
  remote: CloseStatus.CloseStatus,
  prolonged: number
): Step =>
  // 6455 §7.1.1: the server drops TCP first, the client waits for it
  step({ _tag: "AwaitingEof", closedFirst, local, remote, prolonged }, settings.role === "server" ? leave : [startDrop])

/** No second Close is sent. */
const failsBehindClose = (
  { local, prolonged }: Closing,
  failure: Failure,
  remote: CloseStatus.CloseStatus | undefined
): Failing => ({ _tag: "Failing", failure, local, remote, prolonged })

const fail = (failure: Failure, remote: CloseStatus.CloseStatus | undefined): Step => {
  const local = closeOf(failure)
  return step({ _tag: "Failing", failure, local, remote, prolonged: 0 }, [
    { _tag: "SendClose", status: local },
    ...leave
  ])
}

/** A peer that takes a byte now and then can hold a closing connection for this many more timeouts, and not forever. */
const mostProlonged = 10

/** A slow peer is not a silent one: while it takes what we write, or we still deflate, the wait starts again. */
const mayTakeLonger = (state: Closing | AwaitingEof | Failing, { delivered, isBehind }: Progress): boolean =>
  (delivered > 0 || isBehind) && state.prolonged < mostProlonged

const facts = (settings: Settings, state: Exclude<State, Closed>, droppedBy: "us" | "peer"): Facts => {
  const role = settings.role
  switch (state._tag) {
    case "Open":
      return { role, closedFirst: "none", local: undefined, remote: undefined, droppedBy }
    case "Settling": {
      const closedFirst = state.ending._tag === "PeerClose" ? "peer" : "none"
      return { role, closedFirst, local: undefined, remote: state.ending.remote, droppedBy }
    }
    case "Closing":
      return { role, closedFirst: "us", local: state.local, remote: undefined, droppedBy }
    case "Draining":
      return facts(settings, state.before, droppedBy)
    case "AwaitingEof":
      return { role, closedFirst: state.closedFirst, local: state.local, remote: state.remote, droppedBy }
    case "Failing":
      return { role, closedFirst: "us", local: state.local, remote: state.remote, droppedBy }
  }
}

const closed = (outcome: CloseOutcome): Closed => ({ _tag: "Closed", outcome })

const dropped = (settings: Settings, state: Open | Settling | Closing, cause: DropCause): Closed =>
  closed(Outcome.dropped(facts(settings, state, "peer"), cause))

/** A server has ended its side already. */
const cleanly = (settings: Settings, state: AwaitingEof): Closed =>
  closed(Outcome.clean(facts(settings, state, settings.role === "server" ? "us" : "peer")))

const failed = (settings: Settings, state: Failing, droppedBy: "us" | "peer"): Closed =>
  closed(Outcome.failed(facts(settings, state, droppedBy), state.failure))

const aborted = (
  settings: Settings,
  state: Exclude<State, Closed>,
  why: AbortReason,
  droppedBy: "us" | "peer"
): Closed => closed(Outcome.aborted(facts(settings, state, droppedBy), why))

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

/** One step after another. */
const after = (first: Step, second: Step): Step => ({
  state: second.state,
  messages: first.messages,
  fragments: first.fragments,
  actions: [...first.actions, ...second.actions]
})
