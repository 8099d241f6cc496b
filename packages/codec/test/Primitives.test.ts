import { describe, expect, it } from "@effect/vitest"
import { plain } from "@effect-ws/codec/Primitives"
import * as fc from "effect/FastCheck"
import { createHash } from "node:crypto"
import { hex, text } from "./frames.js"

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** Any code points, lone surrogates too. */
const anyText = fc.oneof(
  text(30),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom("a", "\0", "\u007f", "é", "€", "\ufeff", "😀", "\ud83d", "\ude00", "\udbff", "\udfff")).map(
    (all) => all.join("")
  )
)

/** Of one to four blocks of SHA-1, with all lengths at which the padding moves to the next. */
const ascii = fc.array(fc.nat(0x7f), { maxLength: 200, size: "max" }).map((units) => String.fromCharCode(...units))

const encoded = (text: string, offset: number): Uint8Array => {
  const target = new Uint8Array(offset + 3 * text.length + 2).fill(0xee)
  const size = plain.encodeUtf8(text, target, offset)
  expect(target.subarray(0, offset).every((octet) => octet === 0xee)).toBe(true)
  expect(target.subarray(offset + size).every((octet) => octet === 0xee)).toBe(true)
  return target.subarray(offset, offset + size)
}

describe("plain", () => {
  it("encodes as the host does, lone surrogates as U+FFFD, and says how much it will be", () => {
    fc.assert(
      fc.property(anyText, fc.nat(5), (text, offset) => {
        const octets = encoded(text, offset)
        expect(hex(octets)).toBe(hex(encoder.encode(text)))
        expect(plain.utf8Length(text)).toBe(octets.length)
      }),
      { numRuns: 500 }
    )
  })

  it("does not read past a slice that ends in the middle of a pair, however often it ran", () => {
    // V8 shares the memory of a slice with what it is of, and its optimized `codePointAt` finds the other half there. `first` is
    // the first run that was wrong: it differs from process to process.
    let first: number | undefined
    for (let run = 0; run < 20_000 && first === undefined; run++) {
      const whole = `abcdefghijkl${run}${"😀".repeat(20)}`
      const slice = whole.slice(0, -1)
      const size = Buffer.byteLength(slice)
      const target = new Uint8Array(size + 4)
      if (plain.utf8Length(slice) !== size || plain.encodeUtf8(slice, target, 0) !== size) first = run
      else if (target[size - 1] !== 0xbd || target[size] !== 0) first = run
    }
    expect(first).toBeUndefined()
  })

  it("decodes as the host does; a byte order mark is text", () => {
    fc.assert(
      fc.property(anyText, fc.nat(5), (text, offset) => {
        const octets = encoder.encode("x".repeat(offset) + text)
        expect(plain.decodeUtf8(octets, offset, octets.length)).toBe(decoder.decode(octets.subarray(offset)))
      }),
      { numRuns: 500 }
    )
    expect(plain.decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), 0, 4)).toBe("\ufeffa")
  })

  it("decodes what is longer than the engine takes as arguments", () => {
    const text = "a€😀".repeat(50_000)
    const octets = encoder.encode(text)
    expect(plain.decodeUtf8(octets, 0, octets.length) === text).toBe(true)
  })

  it("validates a range", () => {
    const octets = Uint8Array.of(0xff, 0xe2, 0x82, 0xac, 0xff)
    expect(plain.isUtf8(octets, 1, 4)).toBe(true)
    expect(plain.isUtf8(octets, 1, 3)).toBe(false)
    expect(plain.isUtf8(octets, 0, 4)).toBe(false)
    expect(plain.isUtf8(octets, 1, 1)).toBe(true)
  })

  it("allocates memory of its own", () => {
    const octets = plain.allocate(9)
    expect(octets.length).toBe(9)
    expect(octets.buffer.byteLength).toBe(9)
  })

  it("is node:crypto's SHA-1 and node:buffer's base64", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      expect(plain.base64(octets)).toBe(Buffer.from(octets).toString("base64"))
    }))
    fc.assert(fc.property(ascii, (text) => {
      expect(plain.sha1Base64(text)).toBe(createHash("sha1").update(text).digest("base64"))
    }))
  })
})
