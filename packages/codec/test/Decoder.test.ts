import { describe, expect, it } from "@effect/vitest"
import * as Decoder from "@effect-ws/codec/Decoder"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as fc from "effect/FastCheck"
import { cut, frame, fromHex, hex, join, places } from "./frames.js"

const frames = fc.array(frame, { maxLength: 6 })

const encoded = (all: ReadonlyArray<Frame.Frame>): Uint8Array => join(all.map(Frame.encode))

/** Decodes piece after piece, and puts the runs of each frame together; sees to the order of parts on the way. */
const decode = (pieces: ReadonlyArray<Uint8Array>): readonly [ReadonlyArray<Frame.Frame>, Decoder.Carry] => {
  const all: Array<Frame.Frame> = []
  let carry = Decoder.start
  let runs: Array<Uint8Array> = []
  let header: Frame.Header | undefined
  for (const piece of pieces) {
    const decoder = new Decoder.Decoder(Primitives.plain, carry, piece)
    for (let part = decoder.next(); part !== "End"; part = decoder.next()) {
      if (part === "Header") {
        expect(header).toBeUndefined()
        header = decoder.header
        continue
      }
      expect(decoder.header).toBe(header)
      expect(decoder.before).toBe(runs.reduce((sum, { length }) => sum + length, 0))
      runs.push(piece.slice(decoder.from, decoder.to))
      expect(decoder.rest()).toHaveLength(piece.length - decoder.to)
      if (!decoder.last) continue
      all.push({ header: decoder.header, payload: join(runs) })
      header = undefined
      runs = []
    }
    expect(decoder.next()).toBe("End")
    expect(decoder.rest().length).toBe(0)
    carry = decoder.carry()
    expect(carry.partial.length).toBeLessThan(Frame.maxHeaderSize)
    expect(carry.received).toBe(runs.reduce((sum, { length }) => sum + length, 0))
    expect(carry.header).toEqual(header)
  }
  return [all, carry]
}

const readable = (all: ReadonlyArray<Frame.Frame>) =>
  all.map(({ header, payload }) => ({ header, payload: hex(payload) }))

describe("decode ∘ encode = id", () => {
  it("in one piece", () => {
    fc.assert(fc.property(frames, (all) => {
      const [decoded, carry] = decode([encoded(all)])
      expect(readable(decoded)).toEqual(readable(all))
      expect(carry).toBe(Decoder.start)
    }))
  })

  it("in any pieces", () => {
    fc.assert(fc.property(frames, places, (all, where) => {
      const [decoded, carry] = decode(cut(encoded(all), where))
      expect(readable(decoded)).toEqual(readable(all))
      expect(carry).toBe(Decoder.start)
    }))
  })

  it("on both sides of 64 KiB", () => {
    for (const length of [65535, 65536, 65537]) {
      const whole = { header: Frame.header(2, length, { mask: 0x01020304 }), payload: new Uint8Array(length).fill(5) }
      const [decoded] = decode(cut(Frame.encode(whole), [1, 3333, 9999]))
      expect(readable(decoded)).toEqual(readable([whole]))
    }
  })

  it("any octets in any pieces are the same frames as in one", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), places, (octets, where) => {
      const [whole, carried] = decode([octets.slice()])
      const [pieces, carry] = decode(cut(octets, where))
      expect(readable(pieces)).toEqual(readable(whole))
      expect(carry).toEqual(carried)
    }))
  })
})

describe("carry", () => {
  const three: ReadonlyArray<Frame.Frame> = [
    { header: Frame.header(1, 5, { mask: 0x37fa213d, lengthBits: 64 }), payload: fromHex("48656c6c6f") },
    { header: Frame.header(9, 0, { mask: 0xffffffff }), payload: new Uint8Array(0) },
    { header: Frame.header(2, 130), payload: new Uint8Array(130).fill(7) },
    { header: Frame.header(0, 0, { lengthBits: 16 }), payload: new Uint8Array(0) }
  ]
  const octets = encoded(three)

  it("across every split point", () => {
    for (let at = 0; at <= octets.length; at++) {
      const [decoded, carry] = decode([octets.slice(0, at), octets.slice(at)])
      expect(readable(decoded)).toEqual(readable(three))
      expect(carry).toBe(Decoder.start)
    }
  })

  it("octet by octet", () => {
    const [decoded] = decode(Array.from(octets, (octet) => Uint8Array.of(octet)))
    expect(readable(decoded)).toEqual(readable(three))
  })

  it("is a value: decoding the same octets from it again gives the same", () => {
    for (let at = 0; at <= octets.length; at++) {
      const [, carry] = Decoder.parts(Primitives.plain, Decoder.start, octets.slice(0, at))
      const first = Decoder.parts(Primitives.plain, carry, octets.slice(at))
      expect(Decoder.parts(Primitives.plain, carry, octets.slice(at))).toEqual(first)
    }
  })

  it("does not keep the octets it was given", () => {
    const read = octets.slice(0, 9)
    const [, carry] = Decoder.parts(Primitives.plain, Decoder.start, read)
    read.fill(0)
    expect(hex(carry.partial)).toBe(hex(octets.subarray(0, 9)))
    expect(carry.partial.buffer).not.toBe(read.buffer)
  })
})

describe("parts", () => {
  it("the header comes before its payload, and an empty payload is one empty run", () => {
    const [parts, carry] = Decoder.parts(Primitives.plain, Decoder.start, fromHex("890281"))
    expect(parts.map(({ _tag }) => _tag)).toEqual(["Header", "Payload"])
    expect(carry).toMatchObject({ header: { opcode: 9, length: 2 }, received: 1 })
    const [empty] = Decoder.parts(Primitives.plain, Decoder.start, fromHex("8100"))
    expect(empty[1]).toEqual({ _tag: "Payload", octets: new Uint8Array(0), last: true })
  })

  it("payload comes as it arrives, unmasked in place", () => {
    const octets = fromHex("818537fa213d7f9f4d")
    const [parts, carry] = Decoder.parts(Primitives.plain, Decoder.start, octets)
    expect(parts[1]).toEqual({ _tag: "Payload", octets: fromHex("48656c"), last: false })
    expect(hex(octets)).toBe("818537fa213d48656c")
    const [rest] = Decoder.parts(Primitives.plain, carry, fromHex("5158"))
    expect(rest).toEqual([{ _tag: "Payload", octets: fromHex("6c6f"), last: true }])
  })

  it("a declared length costs nothing", () => {
    const huge = fromHex("827f7fffffffffffffff61")
    const [parts, carry] = Decoder.parts(Primitives.plain, Decoder.start, huge)
    expect(parts.length).toBe(2)
    expect(carry.partial.length).toBe(0)
    expect(carry.received).toBe(1)
  })

  it("without octets there are none", () => {
    expect(Decoder.parts(Primitives.plain, Decoder.start, new Uint8Array(0))).toEqual([[], Decoder.start])
  })
})
