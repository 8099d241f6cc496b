import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { parse, show } from "../src/connect/Format.js"

describe("a line as a message", () => {
  it("text is what it says", () => {
    expect(parse("text", "né")).toEqual(Either.right("né"))
  })

  it("hex is bytes, with spaces or without", () => {
    expect(parse("hex", "68 656C")).toEqual(Either.right(Uint8Array.of(0x68, 0x65, 0x6c)))
    expect(parse("hex", "")).toEqual(Either.right(new Uint8Array()))
    for (const wrong of ["6", "6g", "0x68"]) expect(Either.isLeft(parse("hex", wrong))).toBe(true)
  })

  it("JSON is checked, and sent as it was written", () => {
    expect(parse("json", "{ \"a\": 1 }")).toEqual(Either.right("{ \"a\": 1 }"))
    expect(parse("json", "{ a: 1 }")).toEqual(Either.left("not sent: the line is not JSON"))
  })
})

describe("a message in a line", () => {
  it("of bytes is hex, in every format", () => {
    for (const format of ["text", "hex", "json"] as const) {
      expect(show(format, Uint8Array.of(0, 255), false)).toBe("00ff")
    }
  })

  it("of text is as it is, in hex, or as JSON on one line or several", () => {
    expect(show("text", "né", true)).toBe("né")
    expect(show("hex", "né", true)).toBe("6ec3a9")
    expect(show("json", "{ \"a\": 1 }", false)).toBe("{\"a\":1}")
    expect(show("json", "{\"a\":1}", true)).toBe("{\n  \"a\": 1\n}")
    expect(show("json", "no JSON", true)).toBe("no JSON")
  })
})
