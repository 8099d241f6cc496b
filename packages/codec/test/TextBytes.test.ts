import { describe, expect, it } from "@effect/vitest"
import { TextBytes } from "@effect-ws/codec/TextBytes"
import * as fc from "effect/FastCheck"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"))

describe("TextBytes", () => {
  it("is made of UTF-8, and of nothing else", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
    const decoded = (octets: Uint8Array): string | undefined => {
      try {
        return decoder.decode(octets)
      } catch {
        return undefined
      }
    }
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.string({ unit: "grapheme", maxLength: 20 }).map(bytes),
      fc.constantFrom("", "c3", "c0 80", "ed a0 80", "f4 90 80 80", "ef bb bf 61").map(hex)
    )
    fc.assert(fc.property(octets, (octets) => {
      expect(TextBytes.make(Uint8Array.from(octets))?.toString()).toBe(decoded(octets))
    }))
  })

  it("is the bytes that it was made of, not a copy", () => {
    const own = Uint8Array.from(bytes("é"))
    expect(TextBytes.make(own)?.bytes).toBe(own)
    expect(TextBytes.unsafeMake(own).bytes).toBe(own)
    expect(`${TextBytes.unsafeMake(own)}`).toBe("é")
  })

  it("shows its bytes, and not how it is decoded", () => {
    expect(Object.keys(TextBytes.unsafeMake(Uint8Array.from(bytes("a"))))).toEqual(["bytes"])
  })
})
