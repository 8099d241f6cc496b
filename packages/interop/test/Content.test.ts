import { describe, expect, it } from "@effect/vitest"
import * as Content from "@effect-ws/interop/Content"
import { deflateRawSync } from "node:zlib"

describe("content", () => {
  it("is the same in every run", () => {
    expect(Content.octets(1000)).toEqual(Content.octets(1000))
    expect(Content.text(1000)).toBe(Content.text(1000))
    expect(Content.mixed(20)).toEqual(Content.mixed(500).slice(0, 20))
  })

  it("has the size that was asked for, and does not compress", () => {
    for (const size of [0, 1, 125, 65536]) expect(Content.octets(size).length).toBe(size)
    expect(deflateRawSync(Content.octets(65536)).length).toBeGreaterThan(60000)
    for (const size of [0, 1, 70000]) {
      const bytes = Buffer.byteLength(Content.text(size))
      expect([bytes >= size, bytes < size + 4]).toEqual([true, true])
    }
  })

  it("is of all kinds", () => {
    const all = Content.mixed(500)
    expect(all.some((message) => typeof message !== "string" && message.length === 1)).toBe(true)
    expect(all.some((message) => typeof message === "string" && message.includes("😀"))).toBe(true)
    expect(all.some((message) => message.length > 65000)).toBe(true)
    expect(all.some((message) => message.length === 0)).toBe(false)
  })

  it("is compared by kind and octets", () => {
    expect(Content.isSame("", "")).toBe(true)
    expect(Content.isSame("", new Uint8Array(0))).toBe(false)
    expect(Content.isSame(Uint8Array.of(1), Uint8Array.of(1))).toBe(true)
    expect(Content.isSame(Uint8Array.of(1), Uint8Array.of(2))).toBe(false)
  })
})
