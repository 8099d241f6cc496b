import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as fc from "effect/FastCheck"
import { fromHex, hex, text } from "./frames.js"

const parse = (digits: string): CloseStatus.Parsed => CloseStatus.parse(Primitives.plain, fromHex(digits))
const check = (code: number, reason = ""): CloseStatus.Unsendable | undefined =>
  CloseStatus.check(Primitives.plain, code, reason)

/** RFC 6455 §7.4 and the IANA registry, range by range. */
const legalRanges: ReadonlyArray<readonly [from: number, to: number]> = [[1000, 1003], [1007, 1014], [3000, 4999]]

describe("6455 §7.4 codes", () => {
  it("all 65536: legal to send, legal to receive, or neither", () => {
    const wrong: Array<number> = []
    for (let code = 0; code < 65536; code++) {
      const legal = legalRanges.some(([from, to]) => from <= code && code <= to)
      const received = CloseStatus.parse(Primitives.plain, Uint8Array.of(code >> 8, code & 255))
      if (CloseStatus.isLegalCode(code) !== legal) wrong.push(code)
      if ((check(code) === undefined) !== legal) wrong.push(code)
      if ((received._tag === "Legal") !== legal) wrong.push(code)
      if (received.status._tag !== "Status" || received.status.code !== code) wrong.push(code)
    }
    expect(wrong).toEqual([])
  })

  it("what is no code at all is not sent", () => {
    const none = [Number.NaN, 1000.5, -1000, Infinity, 65536 + 1000, 4999.1]
    expect(none.map((code) => check(code))).toEqual(none.map(() => "IllegalCode"))
  })
})

describe("fitting what must not be sent", () => {
  const fit = (code: number, reason: string) => CloseStatus.fit(Primitives.plain, code, reason)

  it("leaves what is legal", () => {
    expect(fit(4001, "x".repeat(123))).toEqual({
      status: CloseStatus.make(4001, "x".repeat(123)),
      problems: [],
      rest: ""
    })
  })

  it("keeps the code, and cuts the reason between code points", () => {
    // two, three and four octets, behind what leaves room for one less; and half a surrogate pair, which is sent as three
    for (const [before, character] of [[122, "é"], [121, "€"], [120, "😀"], [121, "\ud83d"]] as const) {
      const kept = "x".repeat(before)
      expect(fit(4001, `${kept}${character} and more`)).toEqual({
        status: CloseStatus.make(4001, kept),
        problems: ["ReasonTooLong"],
        rest: `${character} and more`
      })
    }
  })

  it("replaces an illegal code, and keeps the reason", () => {
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, Number.NaN]) {
      expect(fit(code, "because")).toEqual({
        status: CloseStatus.make(1011, "because"),
        problems: ["IllegalCode"],
        rest: ""
      })
    }
  })

  it("gives what can be sent, whatever it was given, and loses nothing", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6000 }),
        fc.string({ unit: "grapheme", maxLength: 200 }),
        (code, reason) => {
          const { rest, status } = fit(code, reason)
          expect(check(status.code, status.reason)).toBe(undefined)
          expect(status.reason + rest).toBe(reason)
        }
      )
    )
  })
})

describe("6455 §5.5.1 body", () => {
  it("empty: no status", () => {
    expect(parse("")).toEqual({ _tag: "Legal", status: CloseStatus.empty })
  })

  it("one octet: too short", () => {
    expect(parse("03")).toEqual({ _tag: "Illegal", rule: "CloseTooShort", status: CloseStatus.empty })
  })

  it("a code, and a code with a reason", () => {
    expect(parse("03e8")).toEqual({ _tag: "Legal", status: CloseStatus.make(1000) })
    expect(parse("03e9627965")).toEqual({ _tag: "Legal", status: CloseStatus.make(1001, "bye") })
  })

  it("an illegal code is reported with its reason", () => {
    expect(parse("03ee6869")).toEqual({
      _tag: "Illegal",
      rule: "CloseCodeInvalid",
      status: CloseStatus.make(1006, "hi")
    })
  })

  it("a reason that is no UTF-8 is reported without it; an illegal code goes first", () => {
    expect(parse("03e8ff")).toEqual({ _tag: "Illegal", rule: "CloseReasonInvalid", status: CloseStatus.make(1000) })
    expect(parse("03e8e282")).toMatchObject({ rule: "CloseReasonInvalid" })
    expect(parse("03edff")).toEqual({ _tag: "Illegal", rule: "CloseCodeInvalid", status: CloseStatus.make(1005) })
  })

  it("a reason is at most 123 octets, counted as UTF-8", () => {
    expect(CloseStatus.maxReasonSize).toBe(123)
    expect(check(1000, "x".repeat(123))).toBeUndefined()
    expect(check(1000, "x".repeat(124))).toBe("ReasonTooLong")
    expect(check(1000, "€".repeat(41))).toBeUndefined()
    expect(check(1000, "€".repeat(41) + "x")).toBe("ReasonTooLong")
    expect(check(1005, "x".repeat(124))).toBe("IllegalCode")
  })

  it("parse ∘ encode = id", () => {
    const code = fc.constantFrom(1000, 1003, 1007, 1014, 3000, 4999)
    fc.assert(fc.property(code, text(30), (code, reason) => {
      const status = CloseStatus.make(code, reason)
      const payload = CloseStatus.encode(Primitives.plain, status)
      expect(CloseStatus.parse(Primitives.plain, payload)).toEqual({ _tag: "Legal", status })
      expect(payload.length).toBe(2 + new TextEncoder().encode(reason).length)
    }))
    expect(hex(CloseStatus.encode(Primitives.plain, CloseStatus.empty))).toBe("")
    expect(hex(CloseStatus.encode(Primitives.plain, CloseStatus.make(1002, "no")))).toBe("03ea6e6f")
  })

  it("a lone surrogate in a reason is sent as U+FFFD", () => {
    expect(hex(CloseStatus.encode(Primitives.plain, CloseStatus.make(1000, "\ud800")))).toBe("03e8efbfbd")
  })
})
