/** Random programs, run by the protocol in random reads and by a plain statement of the RFC: both must say the same. */
import { expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Protocol from "@effect-ws/connection/Protocol"
import * as fc from "effect/FastCheck"
import type { Account, Program } from "./model.js"
import { account } from "./model.js"

const maxMessageSize = 300

const payload = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }).map((text) => Array.from(Buffer.from(text))),
  fc.array(fc.nat(255), { maxLength: 20 }),
  fc.array(fc.constantFrom(0xc3, 0xa4, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x61), { maxLength: 8 }),
  fc.integer({ min: 120, max: 320 }).map((length) => Array.from({ length }, () => 0x61)),
  fc.integer({ min: 995, max: 5005 }).map((code) => [code >> 8, code & 0xff])
)

/** Mostly legal; each field is wrong now and then. */
const frame = (role: "client" | "server") =>
  fc.record({
    fin: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    opcode: fc.oneof({ weight: 19, arbitrary: fc.constantFrom(0, 1, 1, 2, 8, 9, 10) }, {
      weight: 1,
      arbitrary: fc.nat(15)
    }),
    rsv: fc.oneof({ weight: 29, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) }),
    masked: fc.oneof(
      { weight: 29, arbitrary: fc.constant(role === "server") },
      { weight: 1, arbitrary: fc.boolean() }
    ),
    lengthBits: fc.oneof({ weight: 29, arbitrary: fc.constant(undefined) }, {
      weight: 1,
      arbitrary: fc.constantFrom<Frame.LengthBits>(16, 64)
    }),
    key: fc.nat(),
    payload
  }).map(({ fin, key, lengthBits, masked, opcode, payload, rsv }) =>
    Array.from(Frame.encode({
      header: {
        ...Frame.header(opcode, payload.length, { fin, rsv, mask: masked ? key : undefined }),
        lengthBits: lengthBits ?? Frame.lengthBits(payload.length)
      },
      payload: Uint8Array.from(payload)
    }))
  )

const program: fc.Arbitrary<Program> = fc.constantFrom("client" as const, "server" as const).chain((role) =>
  fc.record({
    role: fc.constant(role),
    octets: fc.tuple(fc.array(frame(role), { maxLength: 8 }), fc.nat(12)).map(([frames, missing]) => {
      const all = frames.flat()
      return missing < 6 ? all : all.slice(0, Math.max(0, all.length - missing))
    }),
    close: fc.option(fc.record({ after: fc.nat(200), code: fc.constantFrom(1000, 1001, 4000) }), { nil: undefined }),
    fault: fc.constantFrom("end" as const, "reset" as const)
  })
)

const cuts = fc.array(fc.nat(400), { maxLength: 10 })

/** The same by the state machine: closing happens between two reads. */
const run = ({ close, fault, octets, role }: Program, cuts: ReadonlyArray<number>): Account => {
  const settings: Protocol.Settings = {
    role,
    maxMessageSize,
    primitives: Primitives.plain,
    compression: false,
    incoming: "whole"
  }
  let state = Protocol.open
  const messages: Array<string | ReadonlyArray<number>> = []
  const pings: Array<ReadonlyArray<number>> = []
  let sent: number | null | undefined
  const take = (step: Protocol.Step): void => {
    state = step.state
    for (const message of step.messages) messages.push(typeof message === "string" ? message : Array.from(message))
    for (const action of step.actions) {
      if (action._tag === "SendPong") pings.push(Array.from(action.payload))
      if (action._tag !== "SendClose") continue
      expect(sent).toBeUndefined() // no second Close
      sent = action.status._tag === "Status" ? action.status.code : null
    }
  }
  const closeAfter = close === undefined ? octets.length : Math.min(close.after, octets.length)
  const places = [...cuts, closeAfter, octets.length].filter((place) => place <= octets.length).sort((a, b) => a - b)
  let at = 0
  let isClosed = close === undefined
  for (const place of places) {
    if (place > at) take(Protocol.receive(settings, state, Uint8Array.from(octets.slice(at, place))))
    take(Protocol.settle(settings, state))
    at = place
    if (close !== undefined && !isClosed && at >= closeAfter) {
      isClosed = true
      take(Protocol.close(settings, state, CloseStatus.make(close.code)))
    }
  }
  take(fault === "end" ? Protocol.ended(settings, state) : Protocol.broken(settings, state, { _tag: "Eof" }))
  if (state._tag !== "Closed") throw new Error(`the stream is over, and the state is ${state._tag}`)
  const { _tag: outcome, closedFirst } = state.outcome
  if (outcome !== "Clean" && outcome !== "Failed" && outcome !== "Dropped") {
    throw new Error(`nobody asked for ${outcome}`)
  }
  return { messages, pings, sent, outcome, closedFirst }
}

it("the protocol and a plain reading of the RFC agree", () => {
  const ends = new Set<string>()
  fc.assert(
    fc.property(program, cuts, (program, cuts) => {
      const expected = account(program, maxMessageSize)
      ends.add(`${program.role} ${expected.outcome} ${expected.outcome === "Clean" ? "" : expected.sent}`)
      expect(run(program, cuts)).toEqual(expected)
    }),
    { numRuns: 3000 }
  )
  // Programs that all end alike would prove little.
  for (const role of ["client", "server"]) {
    for (const end of ["Dropped undefined", "Failed 1002", "Failed 1007", "Clean "]) {
      expect(ends).toContain(`${role} ${end}`)
    }
  }
})
