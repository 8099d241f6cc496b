/** What holds for any octets, in any pieces. */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type { Role } from "@effect-ws/connection/CloseOutcome"
import { DropCause } from "@effect-ws/connection/CloseOutcome"
import { type AnyMessage, type Fragment, TextBytes } from "@effect-ws/connection/Message"
import * as Protocol from "@effect-ws/connection/Protocol"
import * as fc from "effect/FastCheck"
import { bytes, concat, feed, frameTo, type Run, settingsFor, singly } from "./wire.js"

const role: fc.Arbitrary<Role> = fc.constantFrom("client", "server")
const octets = fc.uint8Array({ maxLength: 200 })

/** Frames that are mostly legal: random octets hardly get past the first header. */
const frame = (to: Role): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom(0, 0, 1, 1, 2, 9, 10),
        fin: fc.boolean(),
        text: fc.oneof(fc.string({ unit: "grapheme", maxLength: 60 }), fc.constant("é".repeat(150))),
        rsv: fc.constantFrom(0, 0, 0, Frame.rsv1)
      }).map(({ fin, kind, rsv, text }) =>
        Frame.isControl(kind)
          ? frameTo(to, kind, bytes(text).slice(0, 125))
          : frameTo(to, kind, bytes(text), { fin, rsv: kind === 0 ? 0 : rsv })
      )
    },
    { weight: 1, arbitrary: octets.map((payload) => frameTo(to, Frame.opcode.text, payload)) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 990, max: 1020 }).map((code) =>
        frameTo(to, Frame.opcode.close, Uint8Array.of(code >> 8, code & 0xff))
      )
    },
    { weight: 1, arbitrary: octets }
  )

const scene = fc.record({
  role,
  incoming: fc.constantFrom("whole" as const, "bytes" as const, "streamed" as const),
  compression: fc.boolean(),
  closing: fc.boolean()
}).chain(({ closing, role, ...fields }) =>
  fc.record({
    settings: fc.constant(settingsFor(role, { maxMessageSize: 400, ...fields })),
    state: fc.constant(
      closing ? Protocol.close(settingsFor(role), Protocol.open, CloseStatus.make(1000)).state : Protocol.open
    ),
    wire: fc.array(frame(role), { maxLength: 12 }).map((frames) => concat(...frames)),
    cuts: fc.array(fc.nat({ max: 600 }), { maxLength: 12 })
  })
)

const cut = (wire: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const at = [0, ...cuts.filter((index) => index < wire.length).sort((a, b) => a - b), wire.length]
  return at.slice(1).map((end, index) => wire.slice(at[index], end)).filter((piece) => piece.length > 0)
}

/** Pieces of one message put together: where they are cut depends on how they arrive. */
const merged = (fragments: ReadonlyArray<Fragment>): ReadonlyArray<unknown> => {
  const all: Array<unknown> = []
  let text = ""
  let digits = ""
  for (const fragment of fragments) {
    switch (fragment._tag) {
      case "Begin":
        all.push(fragment.kind)
        break
      case "Text":
        text += fragment.text
        break
      case "Binary":
        digits += Buffer.from(fragment.octets).toString("hex")
        break
      case "End":
        all.push(text, digits)
        text = digits = ""
        break
    }
  }
  return all // of a message that was not ended, only that it began: a bad octet takes back what came with it
}

/** What is under way may lie in memory in many ways, and says the same if it goes on the same. */
const observed = (settings: Protocol.Settings, run: Run) => ({
  messages: run.messages,
  fragments: merged(run.fragments),
  actions: run.actions,
  state: "reading" in run.state ? { ...run.state, reading: undefined } : run.state,
  later: feed(settings, run.state, [frameTo(settings.role, Frame.opcode.continuation, bytes("~"))]).messages
})

describe("receive", () => {
  it("answers any octets, and never throws", () => {
    fc.assert(fc.property(role, fc.array(octets), fc.boolean(), (role, chunks, compression) => {
      const settings = settingsFor(role, { compression })
      for (const incoming of ["whole", "bytes", "streamed"] as const) {
        feed({ ...settings, incoming }, Protocol.open, chunks)
      }
    }))
  })

  it("gives the same whichever way octets are cut", () => {
    fc.assert(
      fc.property(scene, ({ cuts, settings, state, wire }) => {
        const whole = observed(settings, feed(settings, state, wire.length === 0 ? [] : [wire]))
        expect(observed(settings, feed(settings, state, cut(wire, cuts)))).toEqual(whole)
        expect(observed(settings, feed(settings, state, singly(wire)))).toEqual(whole)
      }),
      { numRuns: 150 }
    )
  })

  it("gives the same with text as bytes, but for the form of text", () => {
    const decoded = (message: AnyMessage) => message instanceof TextBytes ? message.toString() : message
    fc.assert(
      fc.property(scene, ({ cuts, settings, state, wire }) => {
        const [texts, bytes] = (["whole", "bytes"] as const).map((incoming) => {
          const asked = { ...settings, incoming }
          return observed(asked, feed(asked, state, cut(wire, cuts)))
        })
        expect(bytes?.messages.filter((message) => typeof message === "string")).toEqual([])
        expect({
          ...bytes,
          messages: bytes?.messages.map(decoded),
          later: bytes?.later.map(decoded)
        }).toEqual(texts)
      }),
      { numRuns: 150 }
    )
  })

  it("leaves the state that it was given as it was: from it, the same octets give the same again", () => {
    fc.assert(
      fc.property(scene, fc.nat(), ({ settings, state, wire }, at) => {
        const split = wire.length === 0 ? 0 : at % wire.length
        const before = feed({ ...settings, compression: false }, state, cut(wire.slice(0, split), [])).state
        const rest = cut(wire.slice(split), [])
        const other = [frameTo(settings.role, Frame.opcode.continuation, bytes("other"), { fin: false })]
        const once = observed(settings, feed({ ...settings, compression: false }, before, rest))
        feed(settings, before, other) // a future that does not come to be
        expect(observed(settings, feed({ ...settings, compression: false }, before, rest))).toEqual(once)
      }),
      { numRuns: 200 }
    )
  })

  it("has no part in the octets of a payload once they are handed out", () => {
    const settings = settingsFor("client")
    const wire = frameTo("client", Frame.opcode.binary, new Uint8Array(300).fill(1))
    const step = Protocol.receive(settings, Protocol.open, wire)
    expect(step.messages).toEqual([new Uint8Array(300).fill(1)])
    expect(step.state).toBe(Protocol.open)
  })
})

describe("any run of inputs", () => {
  type Input = (settings: Protocol.Settings, state: Protocol.State) => Protocol.Step
  const timers: ReadonlyArray<Input> = [1, 0].map((delivered): Input => (settings, state) =>
    Protocol.fired(settings, state, { delivered, isBehind: false })
  )
  const input: fc.Arbitrary<Input> = fc.oneof(
    {
      weight: 4,
      arbitrary: octets.map((wire): Input => (settings, state) => Protocol.receive(settings, state, wire.slice()))
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(...["server", "client"] as const).chain(frame).map(
        (wire): Input => (settings, state) => Protocol.receive(settings, state, wire.slice())
      )
    },
    fc.constantFrom<Input>(
      ...timers,
      Protocol.ended,
      Protocol.settle,
      Protocol.unresponsive,
      (settings, state) => Protocol.broken(settings, state, DropCause.Eof()),
      (settings, state) => Protocol.abort(settings, state, { _tag: "GraceOver" }),
      (settings, state) => Protocol.close(settings, state, CloseStatus.make(1000)),
      Protocol.flushed,
      (settings, state) => Protocol.inflated(settings, state, { _tag: "Inflated", parts: [] }),
      (settings, state) => Protocol.inflated(settings, state, { _tag: "Invalid" })
    )
  )

  const order = { Open: 0, Settling: 1, Closing: 1, Draining: 1, AwaitingEof: 2, Failing: 2, Closed: 3 } as const

  /** While an end waits for what came before it, all else is as it was. */
  const asBefore = (state: Protocol.State) => state._tag === "Draining" ? state.before : state

  it("sends at most one Close, goes only forward, and ends in exactly one outcome", () => {
    fc.assert(
      fc.property(role, fc.boolean(), fc.array(input, { maxLength: 30 }), (role, compression, all) => {
        const settings = settingsFor(role, { compression })
        let state = Protocol.open
        let closes = 0
        const finish: Input = (settings, state) => Protocol.broken(settings, state, DropCause.Eof())
        for (const apply of [...all, finish]) {
          const step = apply(settings, state)
          closes += step.actions.filter((action) => action._tag === "SendClose").length
          expect(order[step.state._tag]).toBeGreaterThanOrEqual(order[state._tag])
          if (state._tag === "Closed") {
            expect(step.state).toBe(state)
            expect(step.messages).toEqual([])
          }
          const hasLeft = !Protocol.maySend(step.state) && step.state._tag !== "Closed"
          if (hasLeft) expect(asBefore(step.state)).toHaveProperty("local")
          state = step.state
        }
        expect(closes).toBeLessThanOrEqual(1)
        expect(state._tag).toBe("Closed")
        // The Close of the outcome is the one that was sent.
        if (state._tag === "Closed") expect(state.outcome.local === undefined ? 0 : 1).toBe(closes)
      }),
      { numRuns: 300 }
    )
  })

  it("bounds every wait: whatever state it is left in, but Open, a timer runs", () => {
    fc.assert(
      fc.property(role, fc.array(input, { maxLength: 20 }), (role, all) => {
        const settings = settingsFor(role)
        let state = Protocol.open
        let timer = false
        for (const apply of all) {
          const step = apply(settings, state)
          if (timers.includes(apply)) timer = false
          if (step.actions.some((action) => action._tag === "StartTimer")) timer = true
          state = step.state
          const waits = asBefore(state)._tag !== "Open" && state._tag !== "Closed"
          if (waits) expect(timer).toBe(true)
        }
      }),
      { numRuns: 300 }
    )
  })
})

describe("memory and time are in proportion to octets", () => {
  const counting = (settings: Protocol.Settings) => {
    const memory = { allocated: 0 }
    const allocate = (size: number) => {
      memory.allocated += size
      return new Uint8Array(size)
    }
    return { memory, settings: { ...settings, primitives: { ...settings.primitives, allocate } } }
  }

  const big = settingsFor("server", { maxMessageSize: 32 * 1024 * 1024 })

  /** Memory that was ever asked for, by a message of so many fragments of one octet. */
  const asked = (fragments: number): number => {
    const { memory, settings } = counting(big)
    const fragment = frameTo("server", Frame.opcode.continuation, bytes("x"), { fin: false })
    const read = concat(...Array.from({ length: 1000 }, () => fragment))
    let { state } = feed(settings, Protocol.open, [
      frameTo("server", Frame.opcode.binary, bytes(""), { fin: false })
    ])
    for (let i = 0; i < fragments / 1000; i++) state = Protocol.receive(settings, state, read.slice()).state
    const run = feed(settings, state, [frameTo("server", Frame.opcode.continuation, bytes("."))])
    expect(run.messages[0]).toHaveLength(fragments + 1)
    return memory.allocated
  }

  it("for 50,000 fragments of one octet, and four times as many", () => {
    // A tail that doubles, then 64 KiB at a time, and the whole.
    expect(asked(50_000)).toBeLessThan(4 * 50_000)
    expect(asked(200_000)).toBeLessThan(4 * 200_000)
  })

  it("for a payload that arrives octet by octet", () => {
    const { memory, settings } = counting(big)
    const wire = frameTo("server", Frame.opcode.text, new Uint8Array(30_000).fill(0x61))
    const run = feed(settings, Protocol.open, singly(wire))
    expect(run.messages).toEqual(["a".repeat(30_000)])
    expect(memory.allocated).toBeLessThan(120_000)
  })
})
