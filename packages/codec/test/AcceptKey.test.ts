import { describe, expect, it } from "@effect/vitest"
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as fc from "effect/FastCheck"
import { createHash } from "node:crypto"

const random = fc.uint8Array({ minLength: AcceptKey.keySize, maxLength: AcceptKey.keySize })

describe("6455 §1.3 the accept value", () => {
  it("is the RFC's for the RFC's key", () => {
    expect(AcceptKey.fromOctets(new TextEncoder().encode("the sample nonce"))).toBe("dGhlIHNhbXBsZSBub25jZQ==")
    expect(AcceptKey.accept("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  })

  it("is what node:crypto makes of any key", () => {
    fc.assert(fc.property(random, (octets) => {
      const key = AcceptKey.fromOctets(octets)
      expect(key).toBe(Buffer.from(octets).toString("base64"))
      expect(AcceptKey.accept(key)).toBe(
        createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
      )
    }))
  })
})

describe("6455 §4.2.1 a key", () => {
  it("is one as it is made", () => {
    fc.assert(fc.property(random, (octets) => AcceptKey.isKey(AcceptKey.fromOctets(octets))))
  })

  it("is whatever decodes to 16 octets, RFC 6455 §4.1's own example among it", () => {
    fc.assert(fc.property(fc.base64String({ maxLength: 32 }), (text) => {
      expect(AcceptKey.isKey(text)).toBe(Buffer.from(text, "base64").length === AcceptKey.keySize)
    }))
    expect(AcceptKey.isKey("AQIDBAUGBwgJCgsMDQ4PEC==")).toBe(true)
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    expect([...letters].every((letter) => AcceptKey.isKey(`dGhlIHNhbXBsZSBub25jZ${letter}==`))).toBe(true)
  })

  it("is nothing like it", () => {
    const wrong = [
      "",
      "dGhlIHNhbXBsZSBub25jZQ",
      "dGhlIHNhbXBsZSBub25jZQ=",
      "dGhlIHNhbXBsZSBub25jZQ==\n",
      " dGhlIHNhbXBsZSBub25jZQ==",
      "dGhlIHNhbXBsZSBub25jZQ====",
      "dGhlIHNhbXBsZSBub25j",
      "dGhlIHNhbXBsZSBub25jZSEh",
      "dGhlIHNhbXBsZSBub25-ZQ==",
      "dGhlIHNhbXBsZSBub25_ZQ==",
      "dGhlIHNhbXBsZSB=b25jZQ=="
    ]
    expect(wrong.filter(AcceptKey.isKey)).toEqual([])
  })
})
