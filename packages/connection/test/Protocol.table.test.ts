/**
 * The closing table (design: states and closing), walked cell by cell in both roles. A state or an input without its cell does
 * not compile.
 */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type { Facts, Role } from "@effect-ws/connection/CloseOutcome"
import { CloseOutcome, DropCause, Failure, violation } from "@effect-ws/connection/CloseOutcome"
import type { Message } from "@effect-ws/connection/Message"
import * as Protocol from "@effect-ws/connection/Protocol"
import { readFileSync } from "node:fs"
import { closeTo, frameTo, roles, settingsFor, textTo } from "./wire.js"

type Tag = Protocol.State["_tag"]
type Input = (settings: Protocol.Settings, state: Protocol.State) => Protocol.Step

const reset = DropCause.Reset({ error: "ECONNRESET" })
const eof = DropCause.Eof()
const defect = new Error("a defect")
const still: Protocol.Progress = { delivered: 0, isBehind: false }
const moving: Protocol.Progress = { delivered: 1, isBehind: false }

const peerCloses = (status: CloseStatus.CloseStatus): Input => (settings, state) =>
  Protocol.receive(settings, state, closeTo(settings.role, status))

const inputs = {
  "Close without a body": peerCloses(CloseStatus.empty),
  "Close 1000": peerCloses(CloseStatus.make(1000)),
  "Close 1001": peerCloses(CloseStatus.make(1001, "away")),
  "Close 3000": peerCloses(CloseStatus.make(3000, "mine")),
  "a violation": (settings, state) => Protocol.receive(settings, state, frameTo(settings.role, 3)),
  "an illegal Close": (settings, state) =>
    Protocol.receive(settings, state, closeTo(settings.role, CloseStatus.make(1005, "?"))),
  "a message": (settings, state) => Protocol.receive(settings, state, textTo(settings.role, "hi")),
  "a ping": (settings, state) => Protocol.receive(settings, state, frameTo(settings.role, Frame.opcode.ping)),
  "end of stream": Protocol.ended,
  "transport broken": (settings, state) => Protocol.broken(settings, state, reset),
  "timer": (settings, state) => Protocol.fired(settings, state, still),
  "timer, with progress": (settings, state) => Protocol.fired(settings, state, moving),
  "abort": (settings, state) => Protocol.abort(settings, state, { _tag: "ScopeClosed" }),
  "user closes": (settings, state) => Protocol.close(settings, state, CloseStatus.make(4001, "enough")),
  "unresponsive": Protocol.unresponsive,
  "settle": Protocol.settle,
  "flushed": Protocol.flushed,
  "a defect": (settings, state) => Protocol.failed(settings, state, defect),
  "inflated, the last of it": (settings, state) => Protocol.inflated(settings, state, { _tag: "Inflated", parts: [] }),
  "inflated, and invalid": (settings, state) => Protocol.inflated(settings, state, { _tag: "Invalid" })
} satisfies Record<string, Input>

/** A state, less what of frames is under way. */
type Shape =
  | Omit<Protocol.Open, "reading">
  | Omit<Protocol.Closing, "reading">
  | Protocol.Settling
  | { readonly _tag: "Draining"; readonly before: Omit<Protocol.Open, "reading"> | Omit<Protocol.Closing, "reading"> }
  | Protocol.AwaitingEof
  | Protocol.Failing
  | Protocol.Closed

interface Cell {
  readonly state: Shape | "same"
  readonly actions: ReadonlyArray<Protocol.Action>
  readonly messages?: ReadonlyArray<Message>
}

type Row = Record<keyof typeof inputs, (role: Role) => Cell>

// ---------------------------------------------------------------------------------------------------------------
// Words for cells
// ---------------------------------------------------------------------------------------------------------------

const settleTimer: Protocol.Action = { _tag: "StartTimer", timer: "Settle" }
const replyTimer: Protocol.Action = { _tag: "StartTimer", timer: "CloseReply" }
const dropTimer: Protocol.Action = { _tag: "StartTimer", timer: "Drop" }
const halfClose: Protocol.Action = { _tag: "HalfClose" }
const destroy: Protocol.Action = { _tag: "Destroy" }
const send = (status: CloseStatus.CloseStatus): Protocol.Action => ({ _tag: "SendClose", status })
const pong: Protocol.Action = { _tag: "SendPong", payload: new Uint8Array(0) }

/** On entering AwaitingEof: the server ends its side, the client waits for that. Both are bounded. */
const leave = (role: Role): ReadonlyArray<Protocol.Action> => role === "server" ? [halfClose, dropTimer] : [dropTimer]

const stays = (): Cell => ({ state: "same", actions: [] })
const does = (...actions: ReadonlyArray<Protocol.Action>) => (): Cell => ({ state: "same", actions })

const facts = (
  role: Role,
  closedFirst: Facts["closedFirst"],
  local: CloseStatus.CloseStatus | undefined,
  remote: CloseStatus.CloseStatus | undefined,
  droppedBy: Facts["droppedBy"]
): Facts => ({ role, closedFirst, local, remote, droppedBy })

const ends = (outcome: CloseOutcome, ...actions: ReadonlyArray<Protocol.Action>): Cell => ({
  state: { _tag: "Closed", outcome },
  actions
})

const says = { local1002: (rule: "ReservedOpcode" | "CloseCodeInvalid") => CloseStatus.make(1002, texts[rule]) }
const texts = {
  ReservedOpcode: "opcodes 3 to 7 and 11 to 15 are reserved",
  CloseCodeInvalid: "this Close code must not be sent in a Close frame"
}

const holdsClose = (remote: CloseStatus.CloseStatus) => (): Cell => ({
  state: { _tag: "Settling", ending: { _tag: "PeerClose", remote }, eof: false },
  actions: [settleTimer]
})

// ---------------------------------------------------------------------------------------------------------------
// The states, each by a specimen
// ---------------------------------------------------------------------------------------------------------------

const ours = CloseStatus.make(1000, "bye")
const theirs = CloseStatus.make(3001, "so long")
const reply = CloseStatus.make(3001)
const heldFailure = violation("ReservedOpcode")
const failedWith = says.local1002("ReservedOpcode")
const priorOutcome = CloseOutcome.Dropped({ ...facts("server", "none", undefined, undefined, "peer"), cause: eof })

const from = (role: Role, ...steps: ReadonlyArray<Input>): Protocol.State =>
  steps.reduce((state, input) => input(settingsFor(role), state).state, Protocol.open)

/** What is held or still to come decides what some states do: rows of their own. */
type RowName =
  | Exclude<Tag, "Settling" | "Draining">
  | `${"Open" | "Closing"}, inflating`
  | `Settling: a ${"Close" | "Close and the end" | "failure"}`
  | `Draining: ${"open" | "closing"}`

/** All of a compressed message, which is being inflated. */
const compressed: Input = (settings, state) =>
  Protocol.receive(
    { ...settings, compression: true },
    state,
    frameTo(settings.role, Frame.opcode.binary, Uint8Array.of(1), { rsv: Frame.rsv1 })
  )

const closes: Input = (settings, state) => Protocol.close(settings, state, ours)

const specimens: Record<RowName, (role: Role) => Protocol.State> = {
  Open: () => Protocol.open,
  "Open, inflating": (role) => from(role, compressed),
  "Settling: a Close": (role) => from(role, peerCloses(theirs)),
  "Settling: a Close and the end": (role) => from(role, peerCloses(theirs), Protocol.ended),
  "Settling: a failure": (role) => from(role, inputs["a violation"]),
  Closing: (role) => from(role, closes),
  "Closing, inflating": (role) => from(role, compressed, closes),
  "Draining: open": (role) => from(role, compressed, Protocol.ended),
  "Draining: closing": (role) => from(role, compressed, Protocol.ended, closes),
  AwaitingEof: () => ({ _tag: "AwaitingEof", closedFirst: "us", local: ours, remote: theirs, prolonged: 0 }),
  Failing: () => ({ _tag: "Failing", failure: heldFailure, local: failedWith, remote: undefined, prolonged: 0 }),
  Closed: () => ({ _tag: "Closed", outcome: priorOutcome })
}

const internal = CloseStatus.make(1011, "internal error")
const broke = Failure.Defect({ defect })

const failsByDefect = (remote: CloseStatus.CloseStatus | undefined) => (): Cell => ({
  state: { _tag: "Failing", failure: broke, local: internal, remote, prolonged: 0 },
  actions: [send(internal), halfClose, dropTimer]
})

const answered = (role: Role): Cell => ({
  state: { _tag: "AwaitingEof", closedFirst: "peer", local: reply, remote: theirs, prolonged: 0 },
  actions: [send(reply), ...leave(role)]
})

/** The peer's end came before our answer: it dropped TCP first, whatever the role. */
const answeredAndEnded = (role: Role): Cell =>
  ends(
    CloseOutcome.Clean(facts(role, "peer", reply, theirs, "peer")),
    send(reply),
    ...leave(role),
    halfClose,
    dropTimer
  )

const failsNow = (): Cell => ({
  state: { _tag: "Failing", failure: heldFailure, local: failedWith, remote: undefined, prolonged: 0 },
  actions: [send(failedWith), halfClose, dropTimer]
})

const bothClosed = (remote: CloseStatus.CloseStatus) => (role: Role): Cell => ({
  state: { _tag: "AwaitingEof", closedFirst: "us", local: ours, remote, prolonged: 0 },
  actions: leave(role)
})

const clean = (role: Role) => CloseOutcome.Clean(facts(role, "us", ours, theirs, role === "server" ? "us" : "peer"))
const failed = (role: Role) =>
  CloseOutcome.Failed({ ...facts(role, "us", failedWith, undefined, "us"), failure: heldFailure })

/** What a state that discards input has in common. */
const deaf = {
  "Close without a body": stays,
  "Close 1000": stays,
  "Close 1001": stays,
  "Close 3000": stays,
  "a violation": stays,
  "an illegal Close": stays,
  "a message": stays,
  "a ping": stays,
  "user closes": stays,
  "unresponsive": stays,
  "settle": stays,
  "inflated, the last of it": stays,
  "inflated, and invalid": stays
}

const open: Row = {
  "a defect": failsByDefect(undefined),
  "Close without a body": holdsClose(CloseStatus.empty),
  "Close 1000": holdsClose(CloseStatus.make(1000)),
  "Close 1001": holdsClose(CloseStatus.make(1001, "away")),
  "Close 3000": holdsClose(CloseStatus.make(3000, "mine")),
  "a violation": () => ({
    state: { _tag: "Settling", ending: { _tag: "Failure", failure: heldFailure, remote: undefined }, eof: false },
    actions: [settleTimer]
  }),
  "an illegal Close": () => ({
    state: {
      _tag: "Settling",
      ending: { _tag: "Failure", failure: violation("CloseCodeInvalid"), remote: CloseStatus.make(1005, "?") },
      eof: false
    },
    actions: [settleTimer]
  }),
  "a message": () => ({ ...stays(), messages: ["hi"] }),
  "a ping": does(pong),
  "end of stream": (role) =>
    ends(
      CloseOutcome.Dropped({ ...facts(role, "none", undefined, undefined, "peer"), cause: eof }),
      halfClose,
      dropTimer
    ),
  "transport broken": (role) =>
    ends(CloseOutcome.Dropped({ ...facts(role, "none", undefined, undefined, "peer"), cause: reset })),
  "timer": stays,
  "timer, with progress": stays,
  "abort": (role) =>
    ends(
      CloseOutcome.Aborted({ ...facts(role, "none", undefined, undefined, "us"), why: { _tag: "ScopeClosed" } }),
      destroy
    ),
  "user closes": () => ({
    state: { _tag: "Closing", local: CloseStatus.make(4001, "enough"), flushed: false, prolonged: 0 },
    actions: [send(CloseStatus.make(4001, "enough")), replyTimer]
  }),
  "unresponsive": () => ({
    state: {
      _tag: "Failing",
      failure: Failure.KeepaliveTimeout(),
      local: CloseStatus.make(1011, "no sign of life"),
      remote: undefined,
      prolonged: 0
    },
    actions: [send(CloseStatus.make(1011, "no sign of life")), halfClose, dropTimer]
  }),
  "settle": stays,
  "flushed": stays,
  "inflated, the last of it": stays,
  "inflated, and invalid": stays
}

const closing: Row = {
  "a defect": () => ({
    state: { _tag: "Failing", failure: broke, local: ours, remote: undefined, prolonged: 0 },
    actions: [halfClose, dropTimer]
  }),
  "Close without a body": bothClosed(CloseStatus.empty),
  "Close 1000": bothClosed(CloseStatus.make(1000)),
  "Close 1001": bothClosed(CloseStatus.make(1001, "away")),
  "Close 3000": bothClosed(CloseStatus.make(3000, "mine")),
  // No second Close.
  "a violation": () => ({
    state: { _tag: "Failing", failure: heldFailure, local: ours, remote: undefined, prolonged: 0 },
    actions: [halfClose, dropTimer]
  }),
  "an illegal Close": () => ({
    state: {
      _tag: "Failing",
      failure: violation("CloseCodeInvalid"),
      local: ours,
      remote: CloseStatus.make(1005, "?"),
      prolonged: 0
    },
    actions: [halfClose, dropTimer]
  }),
  "a message": () => ({ ...stays(), messages: ["hi"] }),
  "a ping": does(pong),
  "end of stream": (role) =>
    ends(CloseOutcome.Dropped({ ...facts(role, "us", ours, undefined, "peer"), cause: eof }), halfClose, dropTimer),
  "transport broken": (role) =>
    ends(CloseOutcome.Dropped({ ...facts(role, "us", ours, undefined, "peer"), cause: reset })),
  "timer": (role) => ends(CloseOutcome.CloseTimeout(facts(role, "us", ours, undefined, "us")), destroy),
  "timer, with progress": () => ({
    state: { _tag: "Closing", local: ours, flushed: false, prolonged: 1 },
    actions: [replyTimer]
  }),
  "abort": (role) =>
    ends(
      CloseOutcome.Aborted({ ...facts(role, "us", ours, undefined, "us"), why: { _tag: "ScopeClosed" } }),
      destroy
    ),
  "user closes": stays,
  "unresponsive": stays,
  "settle": stays,
  "flushed": () => ({
    state: { _tag: "Closing", local: ours, flushed: true, prolonged: 0 },
    actions: [replyTimer]
  }),
  "inflated, the last of it": stays,
  "inflated, and invalid": stays
}

const notDeflate: Protocol.Ending = { _tag: "Failure", failure: violation("InvalidDeflate"), remote: undefined }

/** What comes meanwhile waits, and is none of the state's business. */
const deafToOctets = {
  "Close without a body": stays,
  "Close 1000": stays,
  "Close 1001": stays,
  "Close 3000": stays,
  "a violation": stays,
  "an illegal Close": stays,
  "a message": stays,
  "a ping": stays
}

const whileInflating = {
  ...deafToOctets,
  "end of stream": (): Cell => ({ state: { _tag: "Draining", before: { _tag: "Open" } }, actions: [] }),
  "inflated, the last of it": (): Cell => ({ ...stays(), messages: [new Uint8Array(0)] }),
  "inflated, and invalid": (): Cell => ({
    state: { _tag: "Settling", ending: notDeflate, eof: false },
    actions: [settleTimer]
  })
}

const drainingWith = (more: Pick<Protocol.Closing, "flushed" | "prolonged">): Shape => ({
  _tag: "Draining",
  before: { _tag: "Closing", local: ours, ...more }
})

const table: Record<RowName, Row> = {
  Open: open,
  "Open, inflating": { ...open, ...whileInflating },
  "Settling: a Close": {
    "a defect": failsByDefect(theirs),
    ...deaf,
    "end of stream": () => ({
      state: { _tag: "Settling", ending: { _tag: "PeerClose", remote: theirs }, eof: true },
      actions: []
    }),
    "transport broken": (role) =>
      ends(CloseOutcome.Dropped({ ...facts(role, "peer", undefined, theirs, "peer"), cause: reset })),
    "timer": answered,
    "timer, with progress": answered,
    "abort": (role) =>
      ends(
        CloseOutcome.Aborted({ ...facts(role, "peer", undefined, theirs, "us"), why: { _tag: "ScopeClosed" } }),
        destroy
      ),
    "user closes": answered,
    "unresponsive": answered,
    "settle": answered,
    "flushed": stays
  },
  "Settling: a Close and the end": {
    "a defect": (role) =>
      ends(
        CloseOutcome.Failed({ ...facts(role, "us", internal, theirs, "peer"), failure: broke }),
        send(internal),
        halfClose,
        dropTimer,
        halfClose,
        dropTimer
      ),
    ...deaf,
    "end of stream": stays,
    "transport broken": (role) =>
      ends(CloseOutcome.Dropped({ ...facts(role, "peer", undefined, theirs, "peer"), cause: reset })),
    "timer": answeredAndEnded,
    "timer, with progress": answeredAndEnded,
    "abort": (role) =>
      ends(
        CloseOutcome.Aborted({ ...facts(role, "peer", undefined, theirs, "peer"), why: { _tag: "ScopeClosed" } }),
        destroy
      ),
    "user closes": answeredAndEnded,
    "unresponsive": answeredAndEnded,
    "settle": answeredAndEnded,
    "flushed": stays
  },
  "Settling: a failure": {
    "a defect": failsByDefect(undefined),
    ...deaf,
    "end of stream": () => ({
      state: { _tag: "Settling", ending: { _tag: "Failure", failure: heldFailure, remote: undefined }, eof: true },
      actions: []
    }),
    "transport broken": (role) =>
      ends(CloseOutcome.Failed({ ...facts(role, "none", undefined, undefined, "peer"), failure: heldFailure })),
    "timer": failsNow,
    "timer, with progress": failsNow,
    "abort": (role) =>
      ends(
        CloseOutcome.Aborted({ ...facts(role, "none", undefined, undefined, "us"), why: { _tag: "ScopeClosed" } }),
        destroy
      ),
    "user closes": failsNow,
    "unresponsive": failsNow,
    "settle": failsNow,
    "flushed": stays
  },
  Closing: closing,
  "Closing, inflating": {
    ...closing,
    ...whileInflating,
    "end of stream": () => ({ state: drainingWith({ flushed: false, prolonged: 0 }), actions: [] }),
    "inflated, and invalid": () => ({
      state: { _tag: "Failing", failure: violation("InvalidDeflate"), local: ours, remote: undefined, prolonged: 0 },
      actions: [halfClose, dropTimer]
    })
  },
  "Draining: open": {
    ...open,
    ...deafToOctets,
    "end of stream": stays,
    "inflated, the last of it": (role) => ({ ...open["end of stream"](role), messages: [new Uint8Array(0)] }),
    "inflated, and invalid": () => ({
      state: { _tag: "Settling", ending: notDeflate, eof: true },
      actions: [settleTimer]
    }),
    "user closes": () => ({
      state: {
        _tag: "Draining",
        before: { _tag: "Closing", local: CloseStatus.make(4001, "enough"), flushed: false, prolonged: 0 }
      },
      actions: [send(CloseStatus.make(4001, "enough")), replyTimer]
    })
  },
  "Draining: closing": {
    ...closing,
    ...deafToOctets,
    "end of stream": stays,
    "timer, with progress": () => ({
      state: drainingWith({ flushed: false, prolonged: 1 }),
      actions: [replyTimer]
    }),
    "flushed": () => ({ state: drainingWith({ flushed: true, prolonged: 0 }), actions: [replyTimer] }),
    "inflated, the last of it": (role) => ({ ...closing["end of stream"](role), messages: [new Uint8Array(0)] }),
    "inflated, and invalid": (role) =>
      ends(
        CloseOutcome.Failed({ ...facts(role, "us", ours, undefined, "peer"), failure: violation("InvalidDeflate") }),
        halfClose,
        dropTimer,
        halfClose,
        dropTimer
      )
  },
  AwaitingEof: {
    "a defect": does(destroy),
    ...deaf,
    "end of stream": (role) => ends(clean(role), halfClose, dropTimer),
    "transport broken": (role) => ends(clean(role)),
    "timer": (role) => {
      const known = facts(role, "us", ours, theirs, "us")
      return ends(role === "client" ? CloseOutcome.DropTimeout(known) : CloseOutcome.Clean(known), destroy)
    },
    "timer, with progress": () => ({
      state: { _tag: "AwaitingEof", closedFirst: "us", local: ours, remote: theirs, prolonged: 1 },
      actions: [dropTimer]
    }),
    // 6455 §7.1.1: to drop TCP now is the server's right.
    "abort": (role) => {
      const known = facts(role, "us", ours, theirs, "us")
      return ends(
        role === "client"
          ? CloseOutcome.Aborted({ ...known, why: { _tag: "ScopeClosed" } })
          : CloseOutcome.Clean(known),
        destroy
      )
    },
    "flushed": does(dropTimer)
  },
  Failing: {
    "a defect": does(destroy),
    ...deaf,
    "end of stream": (role) => ends(failed(role), halfClose, dropTimer),
    "transport broken": (role) => ends(failed(role)),
    "timer": (role) => ends(failed(role), destroy),
    "timer, with progress": () => ({
      state: { _tag: "Failing", failure: heldFailure, local: failedWith, remote: undefined, prolonged: 1 },
      actions: [dropTimer]
    }),
    "abort": (role) => ends(failed(role), destroy),
    "flushed": does(dropTimer)
  },
  Closed: {
    "a defect": does(destroy),
    ...deaf,
    "end of stream": stays,
    "transport broken": stays,
    "timer": does(destroy),
    "timer, with progress": does(destroy),
    "abort": does(destroy),
    "flushed": stays
  }
}

const shape = (state: Protocol.State): Shape => {
  if (state._tag === "Draining") return { _tag: "Draining", before: withoutReading(state.before) }
  return state._tag === "Open" || state._tag === "Closing" ? withoutReading(state) : state
}

const withoutReading = ({ reading: _, ...rest }: Protocol.Open | Protocol.Closing) => rest

for (const role of roles) {
  const settings = settingsFor(role)
  for (const [name, row] of Object.entries(table) as Array<[RowName, Row]>) {
    describe(`${role}: ${name}`, () => {
      for (const [input, cell] of Object.entries(row) as Array<[keyof typeof inputs, Row[keyof typeof inputs]]>) {
        it(input, () => {
          const state = specimens[name](role)
          const step = inputs[input](settings, state)
          const expected = cell(role)
          expect(shape(step.state)).toEqual(expected.state === "same" ? shape(state) : expected.state)
          expect(step.actions).toEqual(expected.actions)
          expect(step.messages).toEqual(expected.messages ?? [])
          expect(step.fragments).toEqual([])
        })
      }
    })
  }
}

describe("6455 §5.5.1: a Close is answered with the code received, and no reason", () => {
  const statuses = [
    CloseStatus.empty,
    ...[1000, 1001, 1002, 1011, 1012, 3000, 4999].map((code) => CloseStatus.make(code, "why"))
  ]
  for (const role of roles) {
    for (const status of statuses) {
      it(`${role}: ${status._tag === "Empty" ? "no code" : status.code}`, () => {
        const settings = settingsFor(role)
        const step = Protocol.settle(settings, peerCloses(status)(settings, Protocol.open).state)
        const local = status._tag === "Empty" ? status : CloseStatus.make(status.code)
        expect(step.state).toEqual({ _tag: "AwaitingEof", closedFirst: "peer", local, remote: status, prolonged: 0 })
        expect(step.actions).toEqual([send(local), ...leave(role)])
      })
    }
  }
})

describe("6455 §1.4: both close at once", () => {
  for (const role of roles) {
    it(`${role}: is Clean, and each says that it closed first`, () => {
      const settings = settingsFor(role)
      const closing = Protocol.close(settings, Protocol.open, ours)
      const crossed = peerCloses(theirs)(settings, closing.state)
      expect(crossed.actions).toEqual(leave(role))
      expect(Protocol.ended(settings, crossed.state).state).toEqual({
        _tag: "Closed",
        outcome: CloseOutcome.Clean(facts(role, "us", ours, theirs, role === "server" ? "us" : "peer"))
      })
    })
  }
})

describe("a Close or failure behind messages", () => {
  for (const role of roles) {
    it(`${role}: is held while the messages are given, and nothing behind it is read`, () => {
      const settings = settingsFor(role)
      const octets = [
        textTo(role, "one"),
        textTo(role, "two"),
        closeTo(role, theirs),
        textTo(role, "three"),
        frameTo(role, Frame.opcode.ping)
      ]
      const step = Protocol.receive(settings, Protocol.open, Uint8Array.from(octets.flatMap((frame) => [...frame])))
      expect(step.messages).toEqual(["one", "two"])
      expect(step.actions).toEqual([settleTimer])
      expect(Protocol.settle(settings, step.state).actions).toEqual(answered(role).actions)
    })
  }
})

describe("the wait for the answer to our Close", () => {
  it("is as long as a Close that is stuck behind slow writing makes progress", () => {
    const settings = settingsFor("server")
    const state = specimens.Closing("server")
    expect(Protocol.fired(settings, state, moving).state._tag).toBe("Closing")
    expect(Protocol.fired(settings, state, still).state._tag).toBe("Closed")
  })

  it("is not prolonged by what is written once the Close has left: pongs are progress, but no answer", () => {
    const settings = settingsFor("server")
    const state = Protocol.flushed(settingsFor("server"), specimens.Closing("server")).state
    expect(Protocol.fired(settings, state, moving).state).toMatchObject({ outcome: { _tag: "CloseTimeout" } })
  })
})

// ---------------------------------------------------------------------------------------------------------------
// The same, as docs/reference/closing.md shows it
// ---------------------------------------------------------------------------------------------------------------

/** The columns of the page, each by one input. */
const columns = {
  "peer's Close": inputs["Close 3000"],
  "violation": inputs["a violation"],
  "you close": inputs["user closes"],
  "inflated": inputs["inflated, the last of it"],
  "settled": inputs.settle,
  "silence": inputs.unresponsive,
  "defect": inputs["a defect"],
  "end of stream": inputs["end of stream"],
  "broken": inputs["transport broken"],
  "timer": inputs.timer,
  "abort": inputs.abort
} satisfies Record<string, Input>

const page = Object.keys(specimens) as ReadonlyArray<RowName>

/** What a cell does, in words: the Close that is sent, then the state, or the outcome. */
const words = (name: RowName, role: Role, input: Input): string => {
  const before = specimens[name](role)
  const { actions, state } = input(settingsFor(role), before)
  const sent = actions.flatMap((action) =>
    action._tag === "SendClose" && action.status._tag === "Status" ? [`Close ${action.status.code}`] : []
  )
  const changed = state === before || state._tag === "Closed" && before._tag === "Closed"
    ? []
    : [
      state._tag === "Closed"
        ? `**${state.outcome._tag}**`
        : state._tag === "Draining" && before._tag === "Draining" && state.before._tag !== before.before._tag
        ? `→ Draining: ${state.before._tag.toLowerCase()}`
        : state._tag === before._tag && isReading(state)
        ? "reads on"
        : state._tag === before._tag
        ? "waits for it"
        : `→ ${state._tag}`
    ]
  return [...sent, ...changed].join(" ")
}

const isReading = (state: Protocol.State): boolean =>
  (state._tag === "Open" || state._tag === "Closing") && state.reading.inflating === undefined

const cellOf = (name: RowName, input: Input): string => {
  const [client, server] = [words(name, "client", input), words(name, "server", input)]
  return client === server ? client : `client ${client}, server ${server}`
}

const asTable = (): string =>
  [
    `| | ${Object.keys(columns).join(" | ")} |`,
    `|---|${Object.keys(columns).map(() => "---|").join("")}`,
    ...page.map((name) => `| ${name} | ${Object.values(columns).map((input) => cellOf(name, input)).join(" | ")} |`)
  ].join("\n")

const asDiagram = (): string => {
  const edges = new Map<string, Set<string>>()
  for (const name of page) {
    for (const [label, input] of Object.entries(columns)) {
      for (const role of roles) {
        const before = specimens[name](role)
        const { state } = input(settingsFor(role), before)
        if (state._tag === before._tag) continue
        const edge = `${before._tag} --> ${state._tag}`
        edges.set(edge, (edges.get(edge) ?? new Set()).add(label))
      }
    }
  }
  const lines = [...edges].map(([edge, labels]) => `    ${edge} : ${[...labels].join(", ")}`)
  return ["```mermaid", "stateDiagram-v2", "    [*] --> Open", ...lines, "    Closed --> [*]", "```"].join("\n")
}

describe("docs/reference/closing.md", () => {
  const text = readFileSync(new URL("../../../docs/reference/closing.md", import.meta.url), "utf8")
  const shown = (name: string): string =>
    new RegExp(`<!-- ${name} -->\\n([^]*?)\\n<!-- /${name} -->`).exec(text)?.[1] ?? `no part named ${name}`

  // When the table has changed on purpose: what is expected here belongs between the marks of the page.
  it("has the table as the machine does it", () => expect(shown("transitions")).toBe(asTable()))
  it("has the diagram as the machine does it", () => expect(shown("diagram")).toBe(asDiagram()))
})
