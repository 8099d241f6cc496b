import { describe, expect, it } from "@effect/vitest"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as RetryAfter from "@effect-ws/codec/RetryAfter"
import * as fc from "effect/FastCheck"
import { anyText } from "./http.js"

const now = Date.UTC(2026, 10, 27, 12, 0, 0)
const parse = (...values: ReadonlyArray<string>) => RetryAfter.parse(values.map((value) => ["retry-AFTER", value]), now)

describe("9110 §10.2.3 Retry-After", () => {
  it("is seconds", () => {
    expect([parse("0"), parse("120"), parse("007"), parse("86400")]).toEqual([0, 120_000, 7000, 86_400_000])
    expect(parse("99999999999999999999")).toBeGreaterThan(1e22)
    expect(parse("9".repeat(1000))).toBe(Infinity)
  })

  it("is a date, in any of the three forms", () => {
    for (const at of ["Fri, 27 Nov 2026 12:02:00 GMT", "Friday, 27-Nov-26 12:02:00 GMT", "Fri Nov 27 12:02:00 2026"]) {
      expect(parse(at)).toBe(120_000)
    }
    expect(parse("Tue Dec  1 12:00:00 2026")).toBe(4 * 86_400_000)
    expect(parse("Thu, 31 Dec 2026 23:59:60 GMT")).toBe(Date.UTC(2027, 0, 1) - now)
    expect(parse("Fri, 31 Dec 9999 23:59:59 GMT")).toBeGreaterThan(1e14)
  })

  it("of the past is no time", () => {
    for (const at of ["Fri, 27 Nov 2026 11:59:59 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]) {
      expect(parse(at)).toBe(0)
    }
  })

  it("is measured by the server's clock where it sends its Date", () => {
    const headers: Headers = [["Date", "Thu, 01 Jan 1998 00:00:00 GMT"], [
      "Retry-After",
      "Thu, 01 Jan 1998 00:00:05 GMT"
    ]]
    expect(RetryAfter.parse(headers, now)).toBe(5000)
    expect(RetryAfter.parse([["Date", "today"], ["Retry-After", "Fri, 27 Nov 2026 12:00:05 GMT"]], now)).toBe(5000)
  })

  it("of several lines is the longest that can be read", () => {
    expect(parse("5", "Fri, 27 Nov 2026 12:00:30 GMT", "soon", "7")).toBe(30_000)
    expect(parse("", "1")).toBe(1000)
  })

  it("is nothing where it cannot be read", () => {
    const garbage = [
      "",
      "soon",
      "-5",
      "+5",
      "1.5",
      "1e3",
      "0x10",
      "5 s",
      "5, 6",
      "NaN",
      "Infinity",
      "\u0665",
      "Fri, 27 Nov 2026 12:00:30",
      "Fri, 27 Nov 2026 12:00:30 CET",
      "Mon, 30 Feb 2026 12:00:30 GMT",
      "Fri, 27 Foo 2026 12:00:30 GMT",
      "Fri, 27 Nov 2026 24:00:30 GMT",
      "2026-11-27T12:00:30Z"
    ]
    expect(garbage.filter((value) => parse(value) !== undefined)).toEqual([])
    expect(RetryAfter.parse([], now)).toBeUndefined()
  })

  it("is never negative, nor NaN", () => {
    fc.assert(fc.property(fc.oneof(anyText, fc.string(), fc.nat().map(String)), (value) => {
      const delay = parse(value)
      expect(delay === undefined || delay >= 0).toBe(true)
    }))
  })
})
