import { describe, expect, it } from "@effect/vitest"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as fc from "effect/FastCheck"
import { cut, head, octets, oneByOne, places, text } from "./http.js"

/** What reading comes to, with all that is behind the head. */
const read = (pieces: ReadonlyArray<Uint8Array>, limits?: HttpHead.Limits) => {
  let carry = FinalResponse.start(limits)
  for (const [i, piece] of pieces.entries()) {
    const step = FinalResponse.feed(carry, piece)
    switch (step._tag) {
      case "NeedMore":
        carry = step.carry
        break
      case "Head":
        return {
          status: step.head.status,
          headers: step.head.headers,
          rest: [step.rest, ...pieces.slice(i + 1)].map(text).join("")
        }
      case "Problem":
        return step.rule
    }
  }
  return "NeedMore"
}

const interim = [
  head("HTTP/1.1 100 Continue"),
  head("HTTP/1.1 102 Processing", "X: a"),
  head("HTTP/1.1 103 Early Hints", "Link: </a>; rel=preload", "Link: </b>"),
  head("HTTP/1.0 199"),
  // It has no body, whatever it says (RFC 9110 §15.2).
  head("HTTP/1.1 100 Continue", "Content-Length: 5", "Transfer-Encoding: chunked")
]

describe("9110 §15.2 interim responses", () => {
  it("are read past, whatever comes then; a 101 is final", () => {
    for (const status of [101, 200, 204, 302, 401, 426, 503, 999]) {
      const final = head(`HTTP/1.1 ${status} Then`, "A: b")
      for (const before of [...interim, interim.join("")]) {
        const expected = { status, headers: [["A", "b"]], rest: "\x81\x02hi" }
        const source = octets(`${before}${final}\x81\x02hi`)
        expect(read([source])).toEqual(expected)
        expect(read(oneByOne(source))).toEqual(expected)
      }
    }
  })

  it("make no difference to the answer, however the octets are cut", () => {
    const source = octets(`${interim.join("")}${head("HTTP/1.1 101 x", "A: b")}rest`)
    fc.assert(fc.property(places, (places) => {
      expect(read(cut(source, places))).toEqual({ status: 101, headers: [["A", "b"]], rest: "rest" })
    }))
  })

  it("are 16 at most, one after the other or in one read", () => {
    const one = head("HTTP/1.1 100 Continue")
    const final = head("HTTP/1.1 101 x")
    expect(read([octets(one.repeat(16) + final)])).toMatchObject({ status: 101 })
    expect(read([octets(one.repeat(17) + final)])).toBe("TooManyInterim")
    expect(read(Array.from({ length: 1000 }, () => octets(one)))).toBe("TooManyInterim")
    expect(read([octets(one.repeat(100_000))])).toBe("TooManyInterim")
  })

  it("keep within the limit of one head, all together", () => {
    const limits = { ...HttpHead.defaultLimits, octets: 100 }
    const long = head("HTTP/1.1 103 x", `A: ${"b".repeat(40)}`)
    const final = head("HTTP/1.1 101 x")
    expect(read([octets(long + final)], limits)).toMatchObject({ status: 101 })
    for (const source of [long + long, long + head("HTTP/1.1 101 x", `A: ${"b".repeat(20)}`)]) {
      expect(read([octets(source)], limits)).toBe("HeadTooLarge")
      expect(read(oneByOne(octets(source)), limits)).toBe("HeadTooLarge")
    }
  })

  it("have nothing but another response behind them", () => {
    const [one = ""] = interim
    for (const junk of ["\r\n", "hello\r\n", "\x81\x05hello\r\n", "0\r\n\r\n", "GET / HTTP/1.1\r\n"]) {
      expect(["StartLineMalformed", "ControlOctet"]).toContain(read([octets(`${one}${junk}${head("HTTP/1.1 101 x")}`)]))
    }
    expect(read([octets(one)])).toBe("NeedMore")
  })
})
