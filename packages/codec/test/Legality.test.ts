import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Legality from "@effect-ws/codec/Legality"
import type { RuleName } from "@effect-ws/codec/Violation"

const both = [false, true]
const lengths: ReadonlyArray<readonly [length: number, bits: Frame.LengthBits]> = [
  [0, 7],
  [125, 7],
  [125, 16],
  [126, 16],
  [65535, 16],
  [0, 64],
  [65535, 64],
  [65536, 64],
  [2 ** 63 - 1024, 64],
  [2 ** 63, 64]
]

const contexts: ReadonlyArray<Legality.Context> = (["client", "server"] as const).flatMap((receiver) =>
  both.flatMap((compression) => both.map((fragmented) => ({ receiver, compression, fragmented })))
)

/** All headers there are, as far as their fields make a difference. */
const headers: ReadonlyArray<Frame.Header> = Array.from({ length: 256 }, (_, first) => first).flatMap((first) =>
  [undefined, 0, 0xffff_ffff].flatMap((mask) =>
    lengths.map(([length, lengthBits]) => ({
      fin: first > 127,
      rsv: (first >> 4) & 7,
      opcode: first & 15,
      mask,
      length,
      lengthBits
    }))
  )
)

/** The rules of RFC 6455 §5 and RFC 7692 §6, each by itself. */
const breaches: Partial<Record<RuleName, (header: Frame.Header, context: Legality.Context) => boolean>> = {
  ReservedBits: ({ opcode, rsv }, { compression }) =>
    (rsv & 3) !== 0 || (rsv === 4 && !(compression && (opcode === 1 || opcode === 2))),
  ReservedOpcode: ({ opcode }) => [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].includes(opcode),
  UnmaskedFrame: ({ mask }, { receiver }) => receiver === "server" && mask === undefined,
  MaskedFrame: ({ mask }, { receiver }) => receiver === "client" && mask !== undefined,
  FragmentedControl: ({ fin, opcode }) => opcode >= 8 && !fin,
  ControlTooLong: ({ length, lengthBits, opcode }) => opcode >= 8 && (length > 125 || lengthBits !== 7),
  UnexpectedContinuation: ({ opcode }, { fragmented }) => opcode === 0 && !fragmented,
  ExpectedContinuation: ({ opcode }, { fragmented }) => opcode >= 1 && opcode < 8 && fragmented,
  LengthTopBit: ({ length }) => length >= 2 ** 63,
  LengthNotMinimal: ({ length, lengthBits }) =>
    (lengthBits === 16 && length < 126) || (lengthBits === 64 && length < 65536)
}

const broken = (header: Frame.Header, context: Legality.Context): ReadonlyArray<string> =>
  Object.entries(breaches).filter(([, breaks]) => breaks(header, context)).map(([rule]) => rule)

/** The header as far as its first two octets say. */
const prefix = (header: Frame.Header): Frame.Header => {
  const octets = new Uint8Array(Frame.maxHeaderSize)
  Frame.encodeHeader(header, octets, 0)
  return Frame.peekHeader(octets[0]!, octets[1]!)
}

describe("6455 §5.1, §5.2, §5.4, §5.5 and 7692 §6", () => {
  for (const context of contexts) {
    it(`every header, before a ${JSON.stringify(context)}`, () => {
      const wrong = headers.filter((header) => {
        const rules = broken(header, context)
        const rule = Legality.judge(header, context)
        return rule === undefined ? rules.length > 0 : !rules.includes(rule)
      })
      expect(wrong).toEqual([])
    })

    it(`the first two octets tell the same, if anything, before a ${JSON.stringify(context)}`, () => {
      const onlyWhole: ReadonlyArray<RuleName | undefined> = [undefined, "LengthTopBit", "LengthNotMinimal"]
      const wrong = headers.filter((header) => {
        const early = Legality.judgePrefix(prefix(header), context)
        const late = Legality.judge(header, context)
        return early === undefined ? !onlyWhole.includes(late) : early !== late
      })
      expect(wrong).toEqual([])
    })
  }
})
