import { describe, expect, it } from "@effect/vitest"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Utf8 from "@effect-ws/codec/Utf8"
import * as fc from "effect/FastCheck"
import { readFileSync } from "node:fs"
import { cut, fromHex, hex, places, text } from "./frames.js"

interface Sequence {
  readonly id: string
  readonly hex: string
  readonly valid: boolean
  /** The first octet that makes it impossible; "end" if it is the beginning of something legal. */
  readonly rejectAt?: number | "end"
}

/** Cases 6.5.1 to 6.23.7 of Autobahn's test suite. */
const sequences: ReadonlyArray<Sequence> = JSON.parse(
  readFileSync(new URL("fixtures/utf8.json", import.meta.url), "utf8")
)

const fatal = new TextDecoder("utf-8", { fatal: true })

const hostAccepts = (octets: Uint8Array, stream = false): boolean => {
  try {
    const decoder = stream ? new TextDecoder("utf-8", { fatal: true }) : fatal
    decoder.decode(octets, { stream })
    return true
  } catch {
    return false
  }
}

const lenient = new TextDecoder()

/** The same without an exception for each refusal, for octets that do not spell U+FFFD themselves. */
const hostDecodes = (octets: Uint8Array): boolean => !lenient.decode(octets).includes("\ufffd")

const advance = (octets: Uint8Array): Utf8.State => Utf8.advance(Utf8.complete, octets, 0, octets.length)

const accepts = (octets: Uint8Array): boolean => advance(octets) === Utf8.complete

/** The position of the octet that is rejected, or "end", or nothing. */
const rejectedAt = (octets: Uint8Array): number | "end" | undefined => {
  let state = Utf8.complete
  for (let i = 0; i < octets.length; i++) {
    state = Utf8.advance(state, octets, i, i + 1)
    if (state === Utf8.rejected) return i
  }
  return state === Utf8.complete ? undefined : "end"
}

/** Legal text, and octets near its boundaries. */
const octets = fc.oneof(
  text(30).map((text) => new TextEncoder().encode(text)),
  fc.array(
    fc.constantFrom(0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5),
    { maxLength: 8 }
  ).map((all) => Uint8Array.from(all)),
  fc.tuple(text(12), fc.nat(40)).map(([text, end]) => new TextEncoder().encode(text).slice(0, end))
)

describe("6455 §8.1: exactly what the host's decoder accepts", () => {
  it("all of one and two octets", () => {
    const wrong: Array<string> = []
    for (let first = 0; first < 256; first++) {
      if (accepts(Uint8Array.of(first)) !== hostDecodes(Uint8Array.of(first))) wrong.push(hex(Uint8Array.of(first)))
      for (let second = 0; second < 256; second++) {
        const pair = Uint8Array.of(first, second)
        if (accepts(pair) !== hostDecodes(pair)) wrong.push(hex(pair))
      }
    }
    expect(wrong).toEqual([])
  })

  it("three and four octets, each at the boundaries of its range", () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
    const wrong: Array<string> = []
    for (let lead = 0xe0; lead < 256; lead++) {
      for (const b of edges) {
        for (const c of edges) {
          const three = Uint8Array.of(lead, b, c)
          if (accepts(three) !== hostDecodes(three)) wrong.push(hex(three))
          for (const d of edges) {
            const four = Uint8Array.of(lead, b, c, d)
            if (accepts(four) !== hostDecodes(four)) wrong.push(hex(four))
          }
        }
      }
    }
    expect(wrong).toEqual([])
  })

  it("every code point that there is", () => {
    const wrong: Array<number> = []
    const target = new Uint8Array(4)
    const encoder = new TextEncoder()
    for (let point = 0; point <= 0x10ffff; point += point < 0x3000 || (point > 0xd700 && point < 0x10100) ? 1 : 61) {
      if (point >= 0xd800 && point < 0xe000) continue
      const { written } = encoder.encodeInto(String.fromCodePoint(point), target)
      if (Utf8.advance(Utf8.complete, target, 0, written) !== Utf8.complete) wrong.push(point)
    }
    expect(wrong).toEqual([])
  })

  it("any octets, and what may still become legal", () => {
    fc.assert(
      fc.property(octets, (octets) => {
        expect(accepts(octets)).toBe(hostAccepts(octets))
        expect(advance(octets) !== Utf8.rejected).toBe(hostAccepts(octets, true))
      }),
      { numRuns: 1000 }
    )
  })
})

describe("Autobahn 6.5 to 6.23", () => {
  it("132 sequences", () => {
    expect(sequences.length).toBe(132)
    expect(sequences.filter(({ hex, valid }) => accepts(fromHex(hex)) !== valid)).toEqual([])
  })

  it("are rejected at the first octet that cannot stand there", () => {
    const found = sequences.map(({ hex, id }) => [id, rejectedAt(fromHex(hex))])
    expect(found).toEqual(sequences.map(({ id, rejectAt }) => [id, rejectAt]))
  })
})

describe("in pieces", () => {
  it("advance and advanceRun say the same as in one", () => {
    fc.assert(
      fc.property(octets, places, (octets, where) => {
        const whole = advance(octets)
        let stepped = Utf8.complete
        let ran = Utf8.complete
        for (const piece of cut(octets, where)) {
          stepped = Utf8.advance(stepped, piece, 0, piece.length)
          ran = Utf8.advanceRun(Primitives.plain, ran, piece, 0, piece.length)
          expect(ran).toBe(stepped)
        }
        expect(stepped).toBe(whole)
      }),
      { numRuns: 1000 }
    )
  })

  it("rejected stays rejected", () => {
    expect(Utf8.advance(Utf8.rejected, Uint8Array.of(0x61), 0, 1)).toBe(Utf8.rejected)
    expect(Utf8.advanceRun(Primitives.plain, Utf8.rejected, Uint8Array.of(0x61), 0, 1)).toBe(Utf8.rejected)
  })

  it("looks at the range it was given, and no further", () => {
    const octets = fromHex("ff" + "61e282ac" + "ff")
    expect(Utf8.advance(Utf8.complete, octets, 1, 5)).toBe(Utf8.complete)
    expect(Utf8.advanceRun(Primitives.plain, Utf8.complete, octets, 1, 5)).toBe(Utf8.complete)
    expect(Utf8.advanceRun(Primitives.plain, Utf8.complete, octets, 1, 1)).toBe(Utf8.complete)
  })

  it("gives the host whole sequences in one call, however long the run", () => {
    const calls: Array<readonly [number, number]> = []
    const counting: Primitives.Primitives = {
      ...Primitives.plain,
      isUtf8: (octets, start, end) => {
        calls.push([start, end])
        return Primitives.plain.isUtf8(octets, start, end)
      }
    }
    const euros = fromHex("e282ac".repeat(100))
    const split = Utf8.advanceRun(counting, Utf8.complete, euros, 0, 1)
    const before = calls.length
    expect(Utf8.advanceRun(counting, split, euros, 1, 299)).toBe(Utf8.advance(Utf8.complete, euros, 297, 299))
    expect(calls.slice(before)).toEqual([[3, 297]])
  })
})

describe("boundary", () => {
  it("of legal text cut anywhere, is where the unfinished code point begins", () => {
    fc.assert(fc.property(text(12), fc.nat(48), (text, at) => {
      const octets = new TextEncoder().encode(text).slice(0, at)
      const boundary = Utf8.boundary(octets, 0, octets.length)
      expect(accepts(octets.slice(0, boundary))).toBe(true)
      expect(boundary === octets.length).toBe(accepts(octets))
      expect(octets.length - boundary).toBeLessThan(4)
    }))
  })

  it("does not look before the start", () => {
    const octets = fromHex("e28282")
    expect(Utf8.boundary(octets, 1, 3)).toBe(3)
    expect(Utf8.boundary(octets, 0, 2)).toBe(0)
    expect(Utf8.boundary(octets, 2, 2)).toBe(2)
  })
})
