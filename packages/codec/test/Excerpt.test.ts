import { describe, expect, it } from "@effect/vitest"
import * as Excerpt from "@effect-ws/codec/Excerpt"
import * as fc from "effect/FastCheck"
import { anyText } from "./http.js"

describe("an excerpt", () => {
  it("of a short text is all of it", () => {
    expect([Excerpt.cut("grüß dich"), Excerpt.show("grüß dich"), Excerpt.quote("grüß dich")]).toEqual([
      "grüß dich",
      "grüß dich",
      "\"grüß dich\""
    ])
    expect(Excerpt.quote("")).toBe("\"\"")
  })

  it("of a long one is its beginning, and how long it is", () => {
    expect(Excerpt.cut("abcdef", 3)).toBe("abc… (6 characters)")
    expect(Excerpt.show("abcdef", 3)).toBe("abc… (6 characters)")
    expect(Excerpt.quote("abcdef", 3)).toBe("\"abc\"… (6 characters)")
    expect(Excerpt.quote("x".repeat(1_000_000)).length).toBeLessThan(250)
  })

  it("ends no line and no quotation, moves no cursor, and turns nothing around", () => {
    expect(Excerpt.quote("a\"b\\\r\n\0\u001b[2J\u007f\u009b\u2028\u202e\u2066\ufeff\ud800")).toBe(
      "\"a\\\"b\\\\\\r\\n\\u0000\\u001b[2J\\u007f\\u009b\\u2028\\u202e\\u2066\\ufeff\\ud800\""
    )
    fc.assert(fc.property(anyText, fc.nat(30), (text, most) => {
      const quoted = Excerpt.quote(text, most)
      expect(quoted).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
      expect(JSON.parse(quoted.replace(/… \([0-9]+ characters\)$/, ""))).toBe(text.slice(0, most))
    }))
  })
})
