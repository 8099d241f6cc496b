import { describe, expect, it } from "@effect/vitest"
import * as Mask from "@effect-ws/codec/Mask"
import * as fc from "effect/FastCheck"
import { hex, uint32 } from "./frames.js"

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 7 * i + (i >> 8))

const key = fc.oneof(uint32, fc.constantFrom(0, 1, 0xff, 0x8000_0000, 0xff00_0000, 0xffff_ffff))

describe("6455 §5.3", () => {
  it("the example of §5.7", () => {
    const octets = Uint8Array.of(0x7f, 0x9f, 0x4d, 0x51, 0x58)
    Mask.mask(octets, 0, 5, 0x37fa213d, 0)
    expect(hex(octets)).toBe("48656c6c6f")
  })

  it("mask = maskPlain for every length, start, phase and alignment, and touches nothing else", () => {
    const memory = counting(400)
    for (const byteOffset of [0, 1, 2, 3]) {
      for (const start of [0, 1, 2, 3]) {
        for (let phase = 0; phase < 4; phase++) {
          for (let length = 0; length < 300; length += length < 12 || (length > 120 && length < 140) ? 1 : 7) {
            const fast = new Uint8Array(memory.slice().buffer, byteOffset)
            const plain = new Uint8Array(memory.slice().buffer, byteOffset)
            Mask.mask(fast, start, start + length, 0x81_42_c3_04, phase)
            Mask.maskPlain(plain, start, start + length, 0x81_42_c3_04, phase)
            if (hex(new Uint8Array(fast.buffer)) !== hex(new Uint8Array(plain.buffer))) {
              expect.fail(`differs: byteOffset ${byteOffset}, start ${start}, phase ${phase}, length ${length}`)
            }
          }
        }
      }
    }
  })

  it("mask = maskPlain for any key and size", () => {
    fc.assert(
      fc.property(key, fc.nat(2000), fc.nat(40), fc.nat(10_000), (key, length, start, phase) => {
        const fast = counting(start + length + 5)
        const plain = fast.slice()
        Mask.mask(fast, start, start + length, key, phase)
        Mask.maskPlain(plain, start, start + length, key, phase)
        expect(hex(fast)).toBe(hex(plain))
      })
    )
  })

  it("twice is nothing", () => {
    fc.assert(fc.property(key, fc.uint8Array({ maxLength: 500 }), fc.nat(7), (key, octets, phase) => {
      const masked = octets.slice()
      Mask.mask(masked, 0, masked.length, key, phase)
      Mask.mask(masked, 0, masked.length, key, phase)
      expect(hex(masked)).toBe(hex(octets))
    }))
  })

  it("goes on where it stopped: in pieces as in one", () => {
    fc.assert(fc.property(key, fc.nat(600), fc.nat(600), fc.nat(600), (key, length, a, b) => {
      const whole = counting(length)
      const pieces = counting(length)
      Mask.mask(whole, 0, length, key, 0)
      const [first, second] = [Math.min(a, b, length), Math.min(Math.max(a, b), length)]
      Mask.mask(pieces, 0, first, key, 0)
      Mask.mask(pieces, first, second, key, first)
      Mask.mask(pieces, second, length, key, second)
      expect(hex(pieces)).toBe(hex(whole))
    }))
  })
})
