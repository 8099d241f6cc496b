/** Every rule fires, with its Close code, at the octet at which it can be known to be broken, and not before. */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import * as Violation from "@effect-ws/codec/Violation"
import type { Role } from "@effect-ws/connection/CloseOutcome"
import { violation } from "@effect-ws/connection/CloseOutcome"
import * as Limits from "@effect-ws/connection/Limits"
import * as Protocol from "@effect-ws/connection/Protocol"
import { type Specimen, specimens } from "./specimens.js"
import {
  binaryTo,
  bytes,
  concat,
  continuationTo,
  feed,
  frameTo,
  pieces,
  roles,
  settingsFor,
  singly,
  textTo
} from "./wire.js"

const ruleOf = (state: Protocol.State): Violation.RuleName | undefined =>
  state._tag === "Settling" && state.ending._tag === "Failure" && state.ending.failure._tag === "Violation"
    ? state.ending.failure.rule
    : undefined

const each = (body: (role: Role, rule: Violation.RuleName, specimen: Specimen) => void): void => {
  for (const role of roles) {
    for (const [rule, all] of Object.entries(specimens) as Array<[Violation.RuleName, ReadonlyArray<Specimen>]>) {
      for (const specimen of all) {
        if (specimen.role === undefined || specimen.role === role) {
          it(`${role}: ${rule}: ${specimen.name}`, () => body(role, rule, specimen))
        }
      }
    }
  }
}

describe("octet by octet", () => {
  each((role, rule, specimen) => {
    const settings = settingsFor(role, specimen.settings)
    let state = Protocol.open
    let fired = 0
    for (const octet of singly(specimen.octets(role))) {
      state = feed(settings, state, [octet]).state
      fired++
      if (ruleOf(state) !== undefined) break
    }
    expect(ruleOf(state)).toBe(rule)
    expect(fired).toBe(specimen.at(role))
  })
})

describe("in one read, the peer being told why", () => {
  each((role, rule, specimen) => {
    const settings = settingsFor(role, specimen.settings)
    const run = feed(settings, Protocol.open, [specimen.octets(role)])
    expect(run.messages).toEqual(specimen.messages ?? [])
    expect(run.actions).toEqual([{ _tag: "StartTimer", timer: "Settle" }])
    const { closeCode, says } = Violation.rules[rule]
    const tooBig = rule === "MessageTooBig"
    const local = CloseStatus.make(closeCode, tooBig ? `${says}, ${settings.maxMessageSize} bytes` : says)
    const settled = Protocol.settle(settings, run.state)
    const excess = tooBig ? { limit: settings.maxMessageSize } : undefined
    expect(settled.state).toMatchObject({ _tag: "Failing", failure: { ...violation(rule), excess }, local })
    expect(settled.actions).toEqual([
      { _tag: "SendClose", status: local },
      { _tag: "HalfClose" },
      { _tag: "StartTimer", timer: "Drop" }
    ])
    expect(CloseStatus.check(settings.primitives, local.code, local.reason)).toBeUndefined()
  })
})

describe("behind good messages in the same read, which are given, and pings, which are answered", () => {
  each((role, rule, specimen) => {
    const settings = settingsFor(role, specimen.settings)
    const before = concat(
      textTo(role, "good"),
      frameTo(role, Frame.opcode.ping, bytes("?")),
      binaryTo(role, bytes("better"))
    )
    const run = feed(settings, Protocol.open, [concat(before, specimen.octets(role), textTo(role, "never"))])
    expect(run.messages).toEqual(["good", bytes("better"), ...specimen.messages ?? []])
    expect(run.actions).toEqual([
      { _tag: "SendPong", payload: bytes("?") },
      { _tag: "StartTimer", timer: "Settle" }
    ])
    expect(ruleOf(run.state)).toBe(rule)
    expect(feed(settings, run.state, [textTo(role, "never"), frameTo(role, Frame.opcode.ping)]).actions).toEqual([])
  })
})

describe("in a stream of messages", () => {
  each((role, rule, specimen) => {
    if (rule === "MessageTooBig") return // any size is welcome
    const settings = settingsFor(role, { ...specimen.settings, incoming: "streamed" })
    expect(ruleOf(feed(settings, Protocol.open, [specimen.octets(role)]).state)).toBe(rule)
  })
})

describe("while we are closing, without a second Close", () => {
  each((role, rule, specimen) => {
    const settings = settingsFor(role, specimen.settings)
    const closing = Protocol.close(settings, Protocol.open, CloseStatus.make(1000))
    const run = feed(settings, closing.state, [specimen.octets(role)])
    expect(run.state).toMatchObject({ _tag: "Failing", failure: { rule }, local: CloseStatus.make(1000) })
    expect(run.actions).toEqual([{ _tag: "HalfClose" }, { _tag: "StartTimer", timer: "Drop" }])
  })
})

/** Compared as digits: octet by octet takes long. */
const kept = (message: unknown): string =>
  message instanceof Uint8Array ? `octets ${Buffer.from(message).toString("hex")}` : String(message)

describe("what is legal and often refused", () => {
  const accepts = (name: string, octets: (role: Role) => Uint8Array, messages: ReadonlyArray<string | Uint8Array>) => {
    for (const role of roles) {
      it(`${role}: ${name}`, () => {
        const settings = settingsFor(role, { maxMessageSize: 70_000 })
        for (const size of [octets(role).length < 1000 ? 1 : 61, 997, Infinity]) {
          const run = feed(settings, Protocol.open, pieces(octets(role), size))
          expect(run.messages.map(kept)).toEqual(messages.map(kept))
          expect(run.state).toBe(Protocol.open)
        }
      })
    }
  }

  accepts("an empty text and an empty binary message", (role) => concat(textTo(role, ""), binaryTo(role, bytes(""))), [
    "",
    new Uint8Array(0)
  ])
  accepts(
    "nothing but empty fragments",
    (role) =>
      concat(
        textTo(role, "", { fin: false }),
        continuationTo(role, bytes(""), { fin: false }),
        continuationTo(role, bytes(""))
      ),
    [""]
  )
  accepts(
    "a code point in four fragments, control frames in between",
    (role) =>
      concat(
        frameTo(role, Frame.opcode.text, Uint8Array.of(0xf0), { fin: false }),
        frameTo(role, Frame.opcode.pong, bytes("unasked")),
        continuationTo(role, Uint8Array.of(0x9f), { fin: false }),
        continuationTo(role, Uint8Array.of(0x98), { fin: false }),
        frameTo(role, Frame.opcode.pong, new Uint8Array(125)),
        continuationTo(role, Uint8Array.of(0x80))
      ),
    ["😀"]
  )
  for (const length of [125, 126, 127, 128, 65535, 65536]) {
    accepts(`a message of ${length} octets`, (role) => binaryTo(role, new Uint8Array(length).fill(7)), [
      new Uint8Array(length).fill(7)
    ])
  }
  accepts("U+10FFFF, U+FFFF and NUL", (role) => textTo(role, "\u{10ffff}\uffff\0"), ["\u{10ffff}\uffff\0"])
})

describe("the limit of a message", () => {
  for (const role of roles) {
    it(`${role}: is reached, not exceeded`, () => {
      const settings = settingsFor(role, { maxMessageSize: 100 })
      const halves = concat(
        binaryTo(role, new Uint8Array(50), { fin: false }),
        continuationTo(role, new Uint8Array(50))
      )
      expect(feed(settings, Protocol.open, [halves]).messages).toEqual([new Uint8Array(100)])
    })

    it(`${role}: a flood of empty fragments is charged, and ends`, () => {
      const settings = settingsFor(role, { maxMessageSize: 0 })
      const most = Limits.fragmentAllowance / Limits.fragmentOverhead
      const begun = feed(settings, Protocol.open, [textTo(role, "", { fin: false })]).state
      const empty = continuationTo(role, bytes(""), { fin: false })
      const flood = new Uint8Array(empty.length * (most - 1))
      for (let i = 0; i < flood.length; i += empty.length) flood.set(empty, i)
      const run = feed(settings, begun, [flood])
      expect(ruleOf(run.state)).toBeUndefined()
      expect(ruleOf(feed(settings, run.state, [empty]).state)).toBe("MessageTooBig")
    })
  }
})
