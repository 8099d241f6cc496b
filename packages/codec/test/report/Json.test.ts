import { describe, expect, it } from "@effect/vitest"
import { format } from "../../src/report/Json.js"

describe("JSON", () => {
  it("is ASCII, with three blanks", () => {
    expect(format({ b: "ä\u2028", a: [1] })).toBe(
      "{\n   \"a\": [\n      1\n   ],\n   \"b\": \"\\u00e4\\u2028\"\n}"
    )
  })
})
