import { describe, expect, it } from "@effect/vitest"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"

const headers: Headers = [
  ["Connection", "keep-alive, Upgrade"],
  ["Host", "a"],
  ["connection", ",, \t TE ,"],
  ["__proto__", "b"],
  ["constructor", "c"]
]

describe("headers", () => {
  it("are found by name in any case, in their order", () => {
    expect(HttpHeaders.values(headers, "CONNECTION")).toEqual(["keep-alive, Upgrade", ",, \t TE ,"])
    expect(HttpHeaders.first(headers, "connection")).toBe("keep-alive, Upgrade")
    expect(HttpHeaders.count(headers, "Connection")).toBe(2)
    expect(HttpHeaders.first(headers, "hos")).toBeUndefined()
    expect(HttpHeaders.count(headers, "hostt")).toBe(0)
  })

  it("make one list of all their lines, without empty elements (9110 §5.6.1)", () => {
    expect(HttpHeaders.elements(headers, "connection")).toEqual(["keep-alive", "Upgrade", "TE"])
    expect(HttpHeaders.tokens(headers, "connection")).toEqual(["keep-alive", "upgrade", "te"])
    expect(HttpHeaders.elements(headers, "upgrade")).toEqual([])
  })

  it("have names like any other where objects have members", () => {
    expect(HttpHeaders.first(headers, "__proto__")).toBe("b")
    expect(HttpHeaders.first(headers, "constructor")).toBe("c")
    for (const name of ["toString", "hasOwnProperty", "valueOf", "length"]) {
      expect(HttpHeaders.values(headers, name)).toEqual([])
    }
  })

  it("come from a flat list, as Node has it", () => {
    expect(HttpHeaders.fromRaw(["Host", "a", "__proto__", "b"])).toEqual([["Host", "a"], ["__proto__", "b"]])
    expect(HttpHeaders.fromRaw([])).toEqual([])
  })

  it("are given as lines or as an object, and left out where undefined", () => {
    const { fromGiven } = HttpHeaders
    expect(fromGiven(undefined)).toEqual([])
    expect(fromGiven({ "A": "b", "C": undefined, "__proto__x": "" })).toEqual([["A", "b"], ["__proto__x", ""]])
    expect(fromGiven([["A", "b"], ["A", "c"], ["D", undefined]])).toEqual([["A", "b"], ["A", "c"]])
    const others: ReadonlyArray<unknown> = [new Map([["a", "b"]]), new Headers({ a: "b" })]
    for (const other of others) expect(fromGiven(other as HttpHeaders.Given)).toEqual([["a", "b"]])
  })

  it("that are no headers are never written, and never a defect", () => {
    const rule = (given: unknown) => HttpHead.checkHeaders(HttpHeaders.fromGiven(given as HttpHeaders.Given))?.rule
    for (const value of [null, 5, NaN, true, ["b"], [], {}, () => "b", Symbol("b"), 1n, "a\r\nb", "\0", "\u0100"]) {
      expect(rule({ A: value })).toBe("HeaderValueInvalid")
      expect(rule([["A", value]])).toBe("HeaderValueInvalid")
    }
    for (const name of [null, undefined, 5, ["b"], {}, Symbol("b"), "", "a b", "a:", "a\n", "\xe4"]) {
      expect(rule([[name, "a"]])).toBe("HeaderNameInvalid")
    }
    expect([{ "": "a" }, { "a b": "c" }].map(rule)).toEqual(["HeaderNameInvalid", "HeaderNameInvalid"])
    for (const given of [null, 5, "A: b", true, Symbol("a"), [null], [5], ["A: b"], [["A"]], [["A", "b", "c"]], [{}]]) {
      expect(rule(given)).toBe("HeaderNameInvalid")
    }
    // of an async function: nothing of it could be written
    expect([Promise.resolve({ A: "b" }), Promise.reject(new Error("boom"))].map(rule)).toEqual([
      "HeaderNameInvalid",
      "HeaderNameInvalid"
    ])
    expect(rule({ Then: "a", then: "b" })).toBeUndefined()
  })
})
