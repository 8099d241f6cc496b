/**
 * The specimens, fed octet by octet, and all at once, to the parts of the codec that judge. What takes more than the codec
 * (inflating, the size of a message) is seen to be legal up to there; the rest is for the tests of `connection`.
 */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Decoder from "@effect-ws/codec/Decoder"
import * as Frame from "@effect-ws/codec/Frame"
import * as Legality from "@effect-ws/codec/Legality"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Utf8 from "@effect-ws/codec/Utf8"
import type { RuleName } from "@effect-ws/codec/Violation"
import * as Violation from "@effect-ws/codec/Violation"
import { all, type Specimen, specimens } from "./specimens.js"

const beyondTheCodec: ReadonlyArray<RuleName> = ["InvalidDeflate", "MessageTooBig"]

/** The rule that is broken, and after how many octets, of which so many come at once. */
const examine = (specimen: Specimen, atOnce = 1): readonly [rule: RuleName, failedAt: number] | undefined => {
  const { compression, octets, receiver } = specimen
  const close: Array<number> = []
  let carry = Decoder.start
  let fragmented = false
  let utf8: Utf8.State | undefined
  let message: Frame.Header | undefined

  const judge = (decoder: Decoder.Decoder): RuleName | undefined => {
    for (;;) {
      switch (decoder.next()) {
        case "Header": {
          const rule = Legality.judge(decoder.header, { receiver, compression, fragmented })
          if (rule !== undefined) return rule
          if (Frame.isControl(decoder.header.opcode)) break
          if (!fragmented) message = decoder.header
          fragmented = !decoder.header.fin
          break
        }
        case "Payload": {
          const rule = payload(decoder)
          if (rule !== undefined) return rule
          break
        }
        case "End": {
          carry = decoder.carry()
          const [first, second] = carry.partial
          if (first === undefined || second === undefined) return undefined
          return Legality.judgePrefix(Frame.peekHeader(first, second), { receiver, compression, fragmented })
        }
      }
    }
  }

  const payload = ({ from, header, last, octets, to }: Decoder.Decoder): RuleName | undefined => {
    if (header.opcode === Frame.opcode.close) {
      close.push(...octets.subarray(from, to))
      if (!last) return undefined
      const parsed = CloseStatus.parse(Primitives.plain, Uint8Array.from(close))
      return parsed._tag === "Illegal" ? parsed.rule : undefined
    }
    if (Frame.isControl(header.opcode) || message?.opcode !== Frame.opcode.text || message.rsv !== 0) return undefined
    utf8 = Utf8.advanceRun(Primitives.plain, utf8 ?? Utf8.complete, octets, from, to)
    if (utf8 === Utf8.rejected) return "InvalidUtf8"
    return last && !fragmented && utf8 !== Utf8.complete ? "InvalidUtf8" : undefined
  }

  for (let i = 0; i < octets.length; i += atOnce) {
    const rule = judge(new Decoder.Decoder(Primitives.plain, carry, octets.slice(i, i + atOnce)))
    if (rule !== undefined) return [rule, i + atOnce]
  }
  return undefined
}

describe("specimens", () => {
  for (const [rule, specimen] of all) {
    const { receiver, says } = specimen
    if (beyondTheCodec.includes(rule) || (rule === "InvalidUtf8" && specimen.compression)) {
      it(`${rule}, to a ${receiver}: ${says}: its frames are legal`, () => {
        expect(examine(specimen)).toBeUndefined()
        expect(examine(specimen, specimen.octets.length)).toBeUndefined()
      })
    } else {
      it(`${rule}, to a ${receiver}: ${says}`, () => {
        expect(examine(specimen)).toEqual([rule, specimen.failsAt])
        expect(examine(specimen, specimen.octets.length)?.[0]).toBe(rule)
      })
    }
  }
})

describe("the table of rules", () => {
  it("names itself in order", () => {
    expect(Violation.names).toEqual(Object.keys(Violation.rules))
    expect(Object.keys(specimens).sort()).toEqual([...Violation.names].sort())
  })

  it("cites a section of an RFC, and says what fits into a Close reason", () => {
    for (const name of Violation.names) {
      const { rfc, says } = Violation.rules[name]
      expect(rfc).toMatch(/^(6455|7692) §\d+(\.\d+)*$/)
      expect(Primitives.plain.utf8Length(says)).toBeLessThanOrEqual(CloseStatus.maxReasonSize)
    }
  })
})
