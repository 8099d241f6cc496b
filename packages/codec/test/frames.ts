/** Arbitrary frames and arbitrary cuts, for the properties of this package. */
import * as Frame from "@effect-ws/codec/Frame"
import * as fc from "effect/FastCheck"
import { Buffer } from "node:buffer"

export const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })

/** Mostly short, and around the size at which the layout of the length changes. */
const size = fc.oneof(
  { weight: 8, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.integer({ min: 120, max: 300 }) }
)

/** Octets that tell their place, so that a lost or repeated one shows. */
export const payload = fc.tuple(size, fc.nat(255)).map(([length, from]) =>
  Uint8Array.from({ length }, (_, i) => from + 31 * i + (i >> 8))
)

/** Any way to write a length that holds it, minimal or not. */
const anyBits = (length: number): fc.Arbitrary<Frame.LengthBits> => {
  const all: ReadonlyArray<Frame.LengthBits> = [7, 16, 64]
  return fc.constantFrom(...all.filter((bits) => bits >= Frame.lengthBits(length)))
}

/** Of any header there can be, legal or not. */
export const frame: fc.Arbitrary<Frame.Frame> = payload.chain((payload) =>
  fc.record({
    fin: fc.boolean(),
    rsv: fc.nat(7),
    opcode: fc.nat(15),
    mask: fc.option(uint32, { nil: undefined }),
    length: fc.constant(payload.length),
    lengthBits: anyBits(payload.length)
  }).map((header) => ({ header, payload }))
)

export const join = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** Cuts at these places, in fractions of 10000; the pieces have memory of their own, some of them are empty. */
export const cut = (octets: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const at = places.map((place) => Math.floor(octets.length * place / 10_000)).sort((a, b) => a - b)
  return [0, ...at].map((from, i) => octets.slice(from, at[i] ?? octets.length))
}

export const places = fc.array(fc.nat(10_000), { maxLength: 12 })

const codePoint = fc.oneof(
  fc.nat(0x7f),
  fc.nat(0x7ff),
  fc.nat(0xffff).filter((point) => point < 0xd800 || point > 0xdfff),
  fc.integer({ min: 0x10000, max: 0x10ffff })
)

/** Legal text of so many code points at most. (`fc.string` takes seconds to be made.) */
export const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(codePoint, { maxLength }).map((points) => String.fromCodePoint(...points))

export const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex")

export const fromHex = (digits: string): Uint8Array =>
  Uint8Array.from(digits.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16))
