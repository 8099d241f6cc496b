/** A message limit that is no number, which no layer lets through: it admits nothing, and nothing stands still. */
import { describe, expect, it } from "@effect/vitest"
import * as Protocol from "@effect-ws/connection/Protocol"
import * as Assembler from "../src/protocol/Assembler.js"
import { binaryTo, bytes, continuationTo, feed, roles, settingsFor, textTo } from "./wire.js"

const broken = [NaN, -5, -Infinity]

const ruleOf = (state: Protocol.State): string | undefined =>
  state._tag === "Settling" && state.ending._tag === "Failure" && state.ending.failure._tag === "Violation"
    ? state.ending.failure.rule
    : undefined

for (const role of roles) {
  describe(`a limit that is none, ${role}`, () => {
    for (const maxMessageSize of broken) {
      const settings = settingsFor(role, { maxMessageSize, compression: true })
      const after = (...frames: ReadonlyArray<Uint8Array>) => feed(settings, Protocol.open, frames)

      it(`${maxMessageSize}: a message in one frame is too big`, () => {
        expect(ruleOf(after(textTo(role, "hello")).state)).toBe("MessageTooBig")
      })

      it(`${maxMessageSize}: so is the first fragment of one`, () => {
        const run = after(binaryTo(role, bytes("x"), { fin: false }), continuationTo(role, bytes("y")))
        expect([ruleOf(run.state), run.messages]).toEqual(["MessageTooBig", []])
      })

      it(`${maxMessageSize}: so is a compressed one, of which nothing is inflated`, () => {
        const octets = textTo(role, "x".repeat(100_000), { rsv: 4 })
        const step = Protocol.receive(settings, Protocol.open, octets)
        expect(ruleOf(step.state)).toBe("MessageTooBig")
        expect(step.actions.filter(({ _tag }) => _tag === "Inflate")).toEqual([])
      })
    }

    it("an inflater that gives nothing comes to the end of a message all the same", () => {
      for (const incoming of ["whole", "streamed"] as const) {
        const settings = settingsFor(role, { compression: true, incoming })
        let step = Protocol.receive(settings, Protocol.open, binaryTo(role, new Uint8Array(100_000), { rsv: 4 }))
        let asked = 0
        while (step.actions.some(({ _tag }) => _tag === "Inflate")) {
          expect(++asked).toBeLessThan(2000)
          step = Protocol.inflated(settings, step.state, { _tag: "Inflated", parts: [] })
        }
        expect(asked).toBeGreaterThan(1)
        expect(step.state).toMatchObject({ _tag: "Open" })
      }
    })
  })
}

describe("admitting", () => {
  it("a limit that is no number admits no fragment, compressed or not", () => {
    for (const compressed of [false, true]) {
      const { breach } = Assembler.admit(Assembler.begin("binary", compressed), 0, true, NaN)
      expect(breach).toMatchObject({ rule: "MessageTooBig", excess: { _tag: "Fragmented" } })
    }
  })
})
