import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as fc from "effect/FastCheck"
import { frame, fromHex, hex, uint32 } from "./frames.js"

const hello = Uint8Array.of(0x48, 0x65, 0x6c, 0x6c, 0x6f)
const { binary, continuation, ping, pong, text } = Frame.opcode

const encode = (kind: number, payload: Uint8Array, fields: Partial<Frame.Header> = {}): string =>
  hex(Frame.encode({ header: Frame.header(kind, payload.length, fields), payload }))

const parse = (digits: string): Frame.Header | undefined => {
  const octets = fromHex(digits)
  return Frame.parseHeader(octets, 0, octets.length)
}

describe("6455 §5.7 examples", () => {
  it("a single-frame unmasked text message", () => {
    expect(encode(text, hello)).toBe("810548656c6c6f")
  })

  it("a single-frame masked text message", () => {
    expect(encode(text, hello, { mask: 0x37fa213d })).toBe("818537fa213d7f9f4d5158")
  })

  it("a fragmented unmasked text message", () => {
    expect(encode(text, hello.subarray(0, 3), { fin: false })).toBe("010348656c")
    expect(encode(continuation, hello.subarray(3))).toBe("80026c6f")
  })

  it("an unmasked ping and a masked pong", () => {
    expect(encode(ping, hello)).toBe("890548656c6c6f")
    expect(encode(pong, hello, { mask: 0x37fa213d })).toBe("8a8537fa213d7f9f4d5158")
  })

  it("256 octets and 64 KiB of binary", () => {
    expect(encode(binary, new Uint8Array(256)).slice(0, 8)).toBe("827e0100")
    expect(encode(binary, new Uint8Array(65536)).slice(0, 20)).toBe("827f0000000000010000")
  })
})

describe("6455 §5.2 layout", () => {
  it("a header that was encoded is parsed to itself, at any place, and not an octet beside it is touched", () => {
    fc.assert(fc.property(frame, fc.nat(9), ({ header }, offset) => {
      const target = new Uint8Array(offset + Frame.maxHeaderSize + 3).fill(0xee)
      const end = Frame.encodeHeader(header, target, offset)
      expect(end - offset).toBe(Frame.headerSize(header.lengthBits, header.mask !== undefined))
      expect(Frame.parseHeader(target, offset, end)).toEqual(header)
      expect(target.subarray(0, offset).every((octet) => octet === 0xee)).toBe(true)
      expect(target.subarray(end).every((octet) => octet === 0xee)).toBe(true)
    }))
  })

  it("a header is not parsed before it is whole, whatever stands behind it in memory", () => {
    fc.assert(fc.property(frame, ({ header }) => {
      const target = new Uint8Array(Frame.maxHeaderSize).fill(0xff)
      const end = Frame.encodeHeader(header, target, 0)
      for (let short = 0; short < end; short++) expect(Frame.parseHeader(target, 0, short)).toBeUndefined()
    }))
  })

  it("the first two octets say all but a long length and the key", () => {
    fc.assert(fc.property(frame, ({ header }) => {
      const target = new Uint8Array(Frame.maxHeaderSize)
      Frame.encodeHeader(header, target, 0)
      expect(Frame.peekHeader(target[0]!, target[1]!)).toEqual({
        ...header,
        mask: header.mask === undefined ? undefined : 0,
        length: header.lengthBits === 7 ? header.length : header.lengthBits === 16 ? 126 : 127,
        lengthBits: 7
      })
    }))
  })

  it("a length takes the fewest octets that hold it", () => {
    const bits = [0, 1, 125, 126, 127, 255, 256, 65535, 65536, 2 ** 32, 2 ** 53].map(Frame.lengthBits)
    expect(bits).toEqual([7, 7, 7, 16, 16, 16, 16, 16, 64, 64, 64])
    expect(encode(binary, new Uint8Array(125)).slice(0, 4)).toBe("827d")
    expect(encode(binary, new Uint8Array(126)).slice(0, 8)).toBe("827e007e")
    expect(encode(binary, new Uint8Array(65535)).slice(0, 8)).toBe("827effff")
  })

  it("sizes of headers", () => {
    const sizes = [7, 16, 64] as const
    expect(sizes.map((bits) => Frame.headerSize(bits, false))).toEqual([2, 4, 10])
    expect([0x00, 0x7d, 0xfd, 0x7e, 0xfe, 0x7f, 0xff].map(Frame.statedBits)).toEqual([7, 7, 7, 16, 16, 64, 64])
    expect(sizes.map((bits) => Frame.headerSize(bits, true))).toEqual([6, 8, Frame.maxHeaderSize])
  })

  it("a length in 64 bits is exact up to 2^53", () => {
    fc.assert(fc.property(fc.oneof(fc.maxSafeNat(), uint32), (length) => {
      const octets = new Uint8Array(Frame.maxHeaderSize)
      const end = Frame.encodeHeader(Frame.header(binary, length, { lengthBits: 64 }), octets, 0)
      expect(Frame.parseHeader(octets, 0, end)?.length).toBe(length)
      expect(new DataView(octets.buffer).getBigUint64(2)).toBe(BigInt(length))
    }))
  })

  it("beyond 2^53 it is rounded down, so that the top bit alone makes 2^63", () => {
    fc.assert(fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }), (length) => {
      const read = parse("827f" + length.toString(16).padStart(16, "0"))?.length ?? 0
      expect(read >= 2 ** 63).toBe(length >= 2n ** 63n)
      expect(BigInt(read) <= length && length - BigInt(read) < 2048n).toBe(true)
    }))
    expect(parse("827f7fffffffffffffff")?.length).toBeLessThan(2 ** 63)
    expect(parse("827f8000000000000000")?.length).toBe(2 ** 63)
  })

  it("the key is unsigned, and 0 is a key", () => {
    expect(parse("8180ffffffff")?.mask).toBe(0xffff_ffff)
    expect(parse("818080000000")?.mask).toBe(0x8000_0000)
    expect(parse("818000000000")?.mask).toBe(0)
    expect(parse("8100")?.mask).toBeUndefined()
  })
})

describe("6455 §5.5 control frames", () => {
  it("have the top bit of the opcode", () => {
    const control = Array.from({ length: 16 }, (_, kind) => kind).filter(Frame.isControl)
    expect(control).toEqual([8, 9, 10, 11, 12, 13, 14, 15])
  })
})

describe("encode", () => {
  it("leaves the payload as it was, and lies about its length when told to", () => {
    const payload = hello.slice()
    const octets = Frame.encode({ header: Frame.header(text, 9, { mask: 0x37fa213d }), payload })
    expect(hex(octets)).toBe("818937fa213d7f9f4d5158")
    expect(payload).toEqual(hello)
  })

  it("writes headers that no one may send", () => {
    expect(encode(0xf, new Uint8Array(0), { fin: false, rsv: 7, lengthBits: 64 })).toBe("7f7f0000000000000000")
  })
})
