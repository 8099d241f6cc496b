import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { Content } from "@effect-ws/connection/Message"
import * as fc from "effect/FastCheck"
import { fin, FrameWriter, type Framing } from "../src/sending/FrameWriter.js"
import { Slab } from "../src/sending/Slab.js"
import { SpareMemory } from "../src/sending/SpareMemory.js"
import { randomNumbers } from "./pair.js"
import { bytes, concat } from "./wire.js"

const framing = (masks: boolean, fields: Partial<Framing> = {}): Framing => ({
  primitives: Primitives.plain,
  mask: masks ? randomNumbers() : undefined,
  slab: new Slab(),
  spare: new SpareMemory(),
  ...fields
})

interface Written {
  readonly kind: number
  readonly fin: boolean
  readonly rsv1: boolean
  readonly payload: Content
}

const { binary, text } = Frame.opcode

const whole = (payload: Content): Written => ({
  kind: typeof payload === "string" ? text : binary,
  fin: true,
  rsv1: false,
  payload
})

/** The same, frame by frame, each encoded on its own. */
const plainly = (frames: ReadonlyArray<Written>, masks: boolean): Uint8Array => {
  const mask = masks ? randomNumbers() : () => undefined
  return concat(...frames.map(({ fin, kind, payload, rsv1 }) => {
    const octets = typeof payload === "string" ? bytes(payload) : payload.slice()
    const rsv = rsv1 ? Frame.rsv1 : 0
    return Frame.encode({ header: Frame.header(kind, octets.length, { fin, rsv, mask: mask() }), payload: octets })
  }))
}

const write = (writer: FrameWriter, frames: ReadonlyArray<Written>): ReadonlyArray<Uint8Array> => {
  for (const frame of frames) {
    writer.frame((frame.fin ? fin : 0) | (frame.rsv1 ? 0x40 : 0) | frame.kind, frame.payload)
  }
  return writer.finish() ?? []
}

/** Octets compared at once: one by one takes long. */
const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1")

const big = (size: number): Uint8Array => new Uint8Array(size).fill(0x61)

describe("frames", () => {
  const isPlain = (frames: ReadonlyArray<Written>, masks: boolean): boolean => {
    const writer = new FrameWriter(framing(masks), false)
    const expected = plainly(frames, masks)
    return latin1(concat(...write(writer, frames))) === latin1(expected) && writer.size === expected.length
  }

  it("are what each is when it is encoded on its own, masked or not", () => {
    const payload: fc.Arbitrary<Content> = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "é", "€", "😀", "\ud800"), maxLength: 150 }),
      fc.uint8Array({ maxLength: 150 }),
      fc.constantFrom(41, 42, 62, 63, 125, 126).map((size) => "é".repeat(size))
    )
    const frame = fc.record({
      kind: fc.constantFrom(0, 1, 2, 8, 9, 10),
      fin: fc.boolean(),
      rsv1: fc.boolean(),
      payload
    })
    fc.assert(fc.property(fc.array(frame, { maxLength: 8 }), fc.boolean(), isPlain), { numRuns: 50 })
  })

  it("are so at the sizes where the way of writing changes", () => {
    const sizes = [0, 125, 126, 127, 16_383, 16_384, 16_385, 65_535, 65_536]
    for (const masks of [false, true]) {
      expect(isPlain(sizes.map(big).map(whole), masks)).toBe(true)
      expect(isPlain(sizes.map((size) => whole("a".repeat(size))), masks)).toBe(true)
      expect(isPlain([41, 42, 8191, 8192, 32_767, 32_768].map((size) => whole("é".repeat(size))), masks)).toBe(true)
    }
  })

  it("that could not be written leave nothing behind", () => {
    const odd: Framing = framing(false, {
      primitives: {
        ...Primitives.plain,
        encodeUtf8: (text, target, offset) => {
          if (text === "odd") throw new Error("a defect")
          return Primitives.plain.encodeUtf8(text, target, offset)
        }
      }
    })
    for (const before of [[], [whole("before")]]) {
      const writer = new FrameWriter(odd, false)
      for (const { payload } of before) writer.frame(fin | text, payload)
      expect(() => writer.frame(fin | text, "odd")).toThrow("a defect")
      const expected = plainly([...before, whole("after")], false)
      expect(latin1(concat(...write(writer, [whole("after")])))).toBe(latin1(expected))
    }
  })

  it("none: nothing", () => {
    const writer = new FrameWriter(framing(false), false)
    expect([writer.size, writer.finish()]).toEqual([0, []])
  })
})

describe("pieces", () => {
  it("small frames stand side by side in one", () => {
    expect(write(new FrameWriter(framing(true), false), [whole("one"), whole(bytes("two")), whole("three")]))
      .toHaveLength(1)
  })

  it("octets are referenced from 16 KiB on, where they are not masked", () => {
    for (const size of [16_383, 16_384]) {
      for (const masks of [false, true]) {
        const octets = big(size)
        const pieces = write(new FrameWriter(framing(masks), false), [whole("before"), whole(octets), whole("behind")])
        expect([size, masks, pieces.includes(octets)]).toEqual([size, masks, !masks && size === 16_384])
        expect(latin1(octets)).toBe(latin1(big(size)))
      }
    }
  })

  it("one larger than a part of the slab has memory of its own, and fills it", () => {
    const [before, own, behind] = write(new FrameWriter(framing(true), false), [
      whole("a"),
      whole(big(20_000)),
      whole("b")
    ])
    expect(own?.length).toBe(own?.buffer.byteLength)
    expect(behind?.buffer).toBe(before?.buffer)
  })

  it("two writers that take turns on a slab do not touch each other's", () => {
    const shared = framing(false)
    const writers = [new FrameWriter(shared, false), new FrameWriter(shared, false)]
    const frames = [0, 1].map((at) =>
      Array.from({ length: 300 }, (_, i) => whole(`${at}:${i}:`.padEnd((i * 31) % 400, ".")))
    )
    for (let i = 0; i < 300; i++) {
      writers.forEach((writer, at) => writer.frame(fin | text, frames[at]?.[i]?.payload ?? ""))
    }
    expect(writers.map((writer) => latin1(concat(...writer.finish() ?? [])))).toEqual(
      frames.map((own) => latin1(plainly(own, false)))
    )
  })

  it("are refused when the memory of one was given away meanwhile", () => {
    const octets = big(20_000)
    const writer = new FrameWriter(framing(false), false)
    writer.frame(fin | binary, octets)
    structuredClone(octets, { transfer: [octets.buffer] })
    expect(writer.finish()).toBeUndefined()
  })
})
