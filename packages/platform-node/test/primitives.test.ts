import { describe, expect, it } from "@effect/vitest"
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as fc from "effect/FastCheck"
import { primitives } from "../src/transport/primitives.js"

/** Sizes on both sides of every size at which a way changes. */
const length = fc.oneof(
  fc.integer({ min: 0, max: 80 }),
  fc.constantFrom(95, 96, 97, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 4097, 9000)
)
const offset = fc.integer({ min: 0, max: 9 })
const unit = fc.constantFrom("a", "b", "\u0000", "é", "€", "日", "😀", "\ufeff", "\ufffd")
const text = fc.tuple(length, fc.array(unit, { minLength: 1, maxLength: 4 }))
  .map(([length, units]) => units.join("").repeat(length).slice(0, length))

/** Octets that stand somewhere in a larger memory. */
const placed = (octets: Uint8Array, offset: number): Uint8Array => {
  const memory = new Uint8Array(offset + octets.length + 5).fill(0xff)
  memory.set(octets, offset)
  return memory.subarray(1)
}

const encoded = (text: string): Uint8Array => {
  const octets = new Uint8Array(Primitives.plain.utf8Length(text))
  Primitives.plain.encodeUtf8(text, octets, 0)
  return octets
}

describe("Node's primitives do as the plain ones", () => {
  it("isUtf8", () => {
    const broken = fc.tuple(text, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([text, at, octet]) => {
      const octets = encoded(text)
      if (octets.length > 0) octets[at % octets.length] = octet
      return octets
    })
    fc.assert(fc.property(broken, offset, (octets, offset) => {
      const memory = placed(octets, offset + 1)
      const range = [offset, offset + octets.length] as const
      expect(primitives.isUtf8(memory, ...range)).toBe(Primitives.plain.isUtf8(memory, ...range))
    }))
  })

  it("decodeUtf8", () => {
    fc.assert(fc.property(text, offset, (text, offset) => {
      const octets = encoded(text)
      const memory = placed(octets, offset + 1)
      expect(primitives.decodeUtf8(memory, offset, offset + octets.length))
        .toBe(Primitives.plain.decodeUtf8(memory, offset, offset + octets.length))
    }))
  })

  it("utf8Length and encodeUtf8", () => {
    fc.assert(fc.property(text, offset, (text, offset) => {
      const size = primitives.utf8Length(text)
      expect(size).toBe(Primitives.plain.utf8Length(text))
      const [ours, plain] = [new Uint8Array(size + 20), new Uint8Array(size + 20)]
      expect(primitives.encodeUtf8(text, ours, offset)).toBe(Primitives.plain.encodeUtf8(text, plain, offset))
      expect(Buffer.compare(ours, plain)).toBe(0)
    }))
  })

  it("mask", () => {
    const key = fc.integer({ min: 0, max: 0xffffffff })
    fc.assert(fc.property(length, offset, key, fc.nat(9), (length, offset, key, phase) => {
      const octets = Uint8Array.from({ length }, (_, i) => i * 7)
      const [ours, plain] = [placed(octets, offset + 1), placed(octets, offset + 1)]
      primitives.mask(ours, offset, offset + length, key, phase)
      Primitives.plain.mask(plain, offset, offset + length, key, phase)
      expect(Buffer.compare(ours, plain)).toBe(0)
    }))
  })

  it("base64, of octets anywhere in a memory", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), offset, (octets, offset) => {
      const part = placed(octets, offset).subarray(offset).subarray(0, octets.length)
      expect(primitives.base64(part)).toBe(Primitives.plain.base64(part))
    }))
  })

  it("sha1Base64", () => {
    const ascii = fc.array(fc.nat(0x7f), { maxLength: 200 }).map((units) => String.fromCharCode(...units))
    fc.assert(fc.property(ascii, (text) => {
      expect(primitives.sha1Base64(text)).toBe(Primitives.plain.sha1Base64(text))
    }))
  })

  it("the opening handshake", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
      const key = AcceptKey.fromOctets(octets, primitives)
      expect(key).toBe(AcceptKey.fromOctets(octets))
      expect(AcceptKey.accept(key, primitives)).toBe(AcceptKey.accept(key))
    }))
    fc.assert(fc.property(text, text, (user, password) => {
      expect(ClientHandshake.basicAuthorization(user, password, primitives))
        .toBe(ClientHandshake.basicAuthorization(user, password))
    }))
  })

  it("allocate", () => {
    for (const size of [0, 1, 63, 64, 1023, 1024, 70_000]) {
      const memory = primitives.allocate(size)
      expect([memory.constructor, memory.length, memory.buffer.byteLength]).toEqual([Uint8Array, size, size])
    }
  })
})
