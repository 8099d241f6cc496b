import { describe, expect, it } from "@effect/vitest"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Options from "@effect-ws/codec/Options"
import * as fc from "effect/FastCheck"
import { anyText, cut, head, octets, oneByOne, places, read, readRequest, readResponse, text } from "./http.js"

/**
 * Octets that break a rule, with the last one and not before: what the parser knows, it says at once. Each with the
 * status that a server answers.
 */
interface Specimen {
  readonly status: number
  readonly request: ReadonlyArray<string>
  readonly response: ReadonlyArray<string>
}

const headerLines = (count: number): string => Array.from({ length: count }, (_, i) => `X-${i}: ${i}\r\n`).join("")

const get = "GET / HTTP/1.1\r\n"
const switching = "HTTP/1.1 101 Switching Protocols\r\n"

const specimens: Record<HttpHead.RuleName, Specimen> = {
  HeadTooLarge: {
    status: 431,
    request: [`${get}A: `.padEnd(16384, "b"), "\r\n".repeat(8192)],
    response: [`${switching}A: `.padEnd(16384, "b"), "HTTP/1.1 200 ".padEnd(16384, "b")]
  },
  TooManyHeaders: {
    status: 431,
    request: [get + headerLines(101)],
    response: [switching + headerLines(101)]
  },
  TargetTooLong: {
    status: 414,
    request: [`GET /${"a".repeat(8192)} HTTP/1.1\r\n`, "GET /".padEnd(8192 + 65, "a"), "G".repeat(8192 + 65)],
    response: []
  },
  StartLineMalformed: {
    status: 400,
    request: [
      "GET /\r\n",
      "GET  / HTTP/1.1\r\n",
      " GET / HTTP/1.1\r\n",
      "GET / HTTP/1.1 \r\n",
      "GET / HTTP/1.1 x\r\n",
      "GET /a b HTTP/1.1\r\n",
      "GET / http/1.1\r\n",
      "GET / HTTP/1.10\r\n",
      "GET / HTTP/11\r\n",
      "GET / HTTP/1.x\r\n",
      "GET\t/ HTTP/1.1\r\n",
      "G(T / HTTP/1.1\r\n",
      "GET /\xe4 HTTP/1.1\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n",
      "\r\n\r\nGET\r\n"
    ],
    response: [
      "\r\n",
      "HTTP/1.1\r\n",
      "HTTP/1.1 \r\n",
      "HTTP/1.1 1\r\n",
      "HTTP/1.1 99\r\n",
      "HTTP/1.1 099 x\r\n",
      "HTTP/1.1 1010\r\n",
      "HTTP/1.1 0x65 y\r\n",
      "HTTP/1.1  101 x\r\n",
      "HTTP/1.1\t101 x\r\n",
      "HTTP/1.1 101\tx\r\n",
      "HTTP 101 x\r\n",
      "http/1.1 101 x\r\n",
      "ICY 200 OK\r\n",
      "GET / HTTP/1.1\r\n"
    ]
  },
  BareLineFeed: {
    status: 400,
    request: ["\n", "GET / HTTP/1.1\n", `${get}A: b\n`, `${get}\n`],
    response: ["\n", "HTTP/1.1 101\n", `${switching}A: b\n`, `${switching}\n`]
  },
  BareCarriageReturn: {
    status: 400,
    request: ["\r\r", "GET / HTTP/1.1\rH", `${get}A: b\rC`, `${get}\r\r`],
    response: ["HTTP/1.1 101 x\rA", `${switching}A: b\rC`, `${switching}\r\r`]
  },
  ControlOctet: {
    status: 400,
    request: ["\x16", "GET /\0", "GET / HTTP/1.1\x7f", `${get}A\0`, `${get}A: b\0`, `${get}A: b\x1b`],
    response: ["\x16", "HTTP/1.1 101 x\0", `${switching}A: b\0`, `${switching}A: b\x7f`]
  },
  FoldedHeader: {
    status: 400,
    request: [`${get}A: b\r\n c\r\n\r\n`, `${get}A: b\r\n\tc\r\n\r\n`, `${get} A: b\r\n\r\n`],
    response: [`${switching} A: b\r\n\r\n`, `${switching}\tA: b\r\nC: d\r\n\r\n`]
  },
  HeaderNameMalformed: {
    status: 400,
    request: [
      `${get}A : b\r\n\r\n`,
      `${get}A\t: b\r\n\r\n`,
      `${get}: b\r\n\r\n`,
      `${get}A\r\n\r\n`,
      `${get}A b: c\r\n\r\n`,
      `${get}"A": c\r\n\r\n`,
      `${get}\xe4: c\r\n\r\n`
    ],
    response: [`${switching}A : b\r\n\r\n`, `${switching}A\r\n\r\n`]
  }
}

/** Whole and octet by octet, the rule is broken by the last octet. */
const breaks = <Head>(start: HttpHead.Carry<Head>, specimen: string, rule: HttpHead.RuleName): void => {
  const whole = octets(specimen)
  expect(read(start, [whole])).toEqual({ _tag: "Problem", rule })
  expect(read(start, oneByOne(whole))).toEqual({ _tag: "Problem", rule })
  expect(read(start, [octets(`${specimen}\r\n and more`)])).toEqual({ _tag: "Problem", rule })
  expect(read(start, [whole.slice(0, -1)])).toEqual({ _tag: "NeedMore" })
}

describe("rules of reading", () => {
  for (const [rule, { request, response, status }] of Object.entries(specimens)) {
    const name = rule as HttpHead.RuleName
    it(`${name}: ${HttpHead.rules[name].says}`, () => {
      expect(HttpHead.rules[name].status).toBe(status)
      expect(request.length + response.length).toBeGreaterThan(0)
      for (const specimen of request) breaks(HttpHead.request(), specimen, name)
      for (const specimen of response) breaks(HttpHead.response(), specimen, name)
    })
  }
})

const encodeSpecimens: Record<HttpHead.EncodeRuleName, ReadonlyArray<[HttpHead.Encoded, part: string]>> = {
  MethodInvalid: ["", "GET ", "G\r\nT", "G\0T"].map((method) => [
    HttpHead.encodeRequest({ method, target: "/", version: "1.1", headers: [] }),
    method
  ]),
  TargetInvalid: ["", "/a b", "/\r\nHost: evil", "/\n", "/\0", "/ä", "/\u010d\u010a"].map((target) => [
    HttpHead.encodeRequest({ method: "GET", target, version: "1.1", headers: [] }),
    target
  ]),
  VersionInvalid: ["", "1", "1.1\r\nA: b", "11.1"].flatMap((version) => [
    [HttpHead.encodeRequest({ method: "GET", target: "/", version, headers: [] }), version],
    [HttpHead.encodeResponse({ version, status: 200, reason: "OK", headers: [] }), version]
  ]),
  StatusInvalid: [99, 1000, 200.5, NaN, -200, Infinity].map((status) => [
    HttpHead.encodeResponse({ version: "1.1", status, reason: "", headers: [] }),
    String(status)
  ]),
  ReasonInvalid: ["O\rK", "O\nK", "O\0K", "O\u0100K"].map((reason) => [
    HttpHead.encodeResponse({ version: "1.1", status: 200, reason, headers: [] }),
    reason
  ]),
  HeaderNameInvalid: ["", "A b", "A:", "A\r\n", "\0", "ä"].map((name) => [
    HttpHead.encodeResponse({ version: "1.1", status: 200, reason: "", headers: [["B", "c"], [name, "d"]] }),
    name
  ]),
  // The last two become CR and LF when a writer keeps the low octet of each character only.
  HeaderValueInvalid: ["\r", "b\nC: d", "b\0", "\x7f", "\u0100", "\u010d\u010a"].map((value) => [
    HttpHead.encodeRequest({ method: "GET", target: "/", version: "1.1", headers: [["A", value]] }),
    "A"
  ])
}

describe("rules of writing", () => {
  for (const [rule, specimens] of Object.entries(encodeSpecimens)) {
    it(`${rule}: ${HttpHead.encodeRules[rule as HttpHead.EncodeRuleName].says}`, () => {
      for (const [encoded, part] of specimens) expect(encoded).toEqual({ _tag: "Problem", rule, part })
    })
  }
})

describe("9112 §3 a request", () => {
  it("has a method, a target, a version and headers in their order, as they were written", () => {
    const source = head(
      "GET /chat?a=b HTTP/1.1",
      "Host: a",
      "x-Y:  c \t",
      "__proto__: d",
      "constructor:e",
      "Host: \xe4\tf",
      "Z:"
    )
    expect(readRequest(source)).toEqual({
      method: "GET",
      target: "/chat?a=b",
      version: "1.1",
      headers: [["Host", "a"], ["x-Y", "c"], ["__proto__", "d"], ["constructor", "e"], ["Host", "\xe4\tf"], ["Z", ""]]
    })
  })

  it("may have empty lines before it (§2.2)", () => {
    const source = octets(`\r\n\r\n${head("GET / HTTP/1.1", "Host: a")}`)
    const expected = { _tag: "Head", head: { method: "GET", target: "/", version: "1.1", headers: [["Host", "a"]] } }
    expect(read(HttpHead.request(), [source])).toMatchObject(expected)
    expect(read(HttpHead.request(), oneByOne(source))).toMatchObject(expected)
  })

  it("keeps its version for others to judge", () => {
    expect(readRequest(head("PRI * HTTP/2.0")).version).toBe("2.0")
  })
})

describe("9112 §4 a response", () => {
  it("may lack the reason, and the space before it", () => {
    const expected = { version: "1.1", status: 101, reason: "", headers: [["A", "b"]] }
    expect(readResponse(head("HTTP/1.1 101 ", "A: b"))).toEqual(expected)
    expect(readResponse(head("HTTP/1.1 101", "A: b"))).toEqual(expected)
    expect(readResponse(head("HTTP/1.0 999 \xe4 b")).reason).toBe("\xe4 b")
  })
})

describe("limits", () => {
  it("are whole numbers from 1: none turns a limit off", () => {
    expect(Options.read(HttpHead.options, {})).toEqual({ _tag: "Options", options: HttpHead.defaultLimits })
    for (const name of Object.keys(HttpHead.options)) {
      for (const value of [0, -1, 0.5, NaN, Infinity, 2 ** 31, "100", null]) {
        expect(Options.read(HttpHead.options, { [name]: value })).toMatchObject({ _tag: "Problem", option: name })
      }
      expect(Options.read(HttpHead.options, { [name]: 1 })).toMatchObject({ _tag: "Options", options: { [name]: 1 } })
    }
  })

  const limits: HttpHead.Limits = { octets: 64, headerLines: 2, target: 8 }
  const outcome = (source: string) => read(HttpHead.request(limits), [octets(source)])

  it("are kept to the octet, the line and the letter", () => {
    expect(HttpHead.defaultLimits).toEqual({ octets: 16384, headerLines: 100, target: 8192 })
    const filled = (size: number) => head(`GET / HTTP/1.1`, `A: ${"b".repeat(size - 16 - 7)}`)
    expect(filled(64)).toHaveLength(64)
    expect(outcome(filled(64))).toMatchObject({ _tag: "Head", rest: "" })
    expect(outcome(`${filled(64)}frames, of any size: ${"f".repeat(100)}`)).toMatchObject({ _tag: "Head" })
    expect(outcome(filled(65))).toEqual({ _tag: "Problem", rule: "HeadTooLarge" })
    expect(outcome(head("GET / HTTP/1.1", "A: b", "A: b"))._tag).toBe("Head")
    expect(outcome(head("GET / HTTP/1.1", "A: b", "A: b", "A: b"))).toEqual({ _tag: "Problem", rule: "TooManyHeaders" })
    expect(outcome(head("GET /1234567 HTTP/1.1"))._tag).toBe("Head")
    expect(outcome(head("GET /12345678 HTTP/1.1"))).toEqual({ _tag: "Problem", rule: "TargetTooLong" })
  })

  it("by default allow 16 KiB, 100 lines and a target of 8 KiB", () => {
    expect(readRequest(head(`GET /${"a".repeat(8191)} HTTP/1.1`)).target).toHaveLength(8192)
    expect(readRequest(`${get}${headerLines(100)}\r\n`).headers).toHaveLength(100)
    expect(readResponse(`${switching}${`A: ${"b".repeat(16384 - switching.length - 7)}\r\n\r\n`}`).headers)
      .toHaveLength(1)
  })

  it("hold against 2,100 header lines (CVE-2024-37890)", () => {
    const source = octets(`${get}${headerLines(2100)}\r\n`)
    expect(read(HttpHead.request(), [source])).toEqual({ _tag: "Problem", rule: "TooManyHeaders" })
    expect(read(HttpHead.request(), oneByOne(source))).toEqual({ _tag: "Problem", rule: "TooManyHeaders" })
  })

  it("bound what is carried, in memory that doubles", () => {
    let carry = HttpHead.request()
    const stores = new Set<Uint8Array>()
    for (let i = 0; i < 16383; i++) {
      const step = HttpHead.feed(carry, octets("\r\n"[i % 2] ?? ""))
      if (step._tag !== "NeedMore") return expect.fail(step._tag)
      carry = step.carry
      stores.add(carry.store.octets)
    }
    expect(carry.store.octets.length).toBeLessThanOrEqual(2 * 16384)
    expect(stores.size).toBeLessThan(10)
  })
})

/** Octets that come near to a head: real lines, broken ones, and noise between them. */
const nearly = fc.array(
  fc.oneof(
    fc.constantFrom(
      get,
      switching,
      "\r\n",
      "\r\n\r\n",
      "\r",
      "\n",
      "Host: a\r\n",
      "Upgrade: websocket\r\n",
      " folded\r\n",
      "A : b\r\n",
      "__proto__: c\r\n",
      "GET ",
      "/",
      " HTTP/1.1",
      "HTTP/1.1 ",
      "101",
      "\0"
    ),
    fc.string({ unit: "binary-ascii", maxLength: 12 }),
    fc.uint8Array({ maxLength: 12 }).map(text)
  ),
  { maxLength: 14 }
).map((parts) => octets(parts.join("")))

const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 12 })
const value = fc.string({ unit: fc.constantFrom(..."abc \t\"=;,:\xe4\xff\x80"), maxLength: 20 }).map((text) =>
  text.replace(/^[ \t]+|[ \t]+$/g, "")
)
const headers = fc.array(fc.tuple(fc.oneof(token, fc.constantFrom("__proto__", "constructor")), value), {
  maxLength: 8
})
const target = fc.string({ unit: fc.constantFrom(..."ab/?%#:[]@~\\\"<>"), minLength: 1, maxLength: 30 })
const version = fc.constantFrom("1.0", "1.1", "2.0", "9.9")
const requests = fc.record({ method: token, target, version, headers })
const responses = fc.record({
  version,
  status: fc.integer({ min: 100, max: 999 }),
  reason: fc.string({ unit: fc.constantFrom(..."OK \t\xe4"), maxLength: 10 }),
  headers
})

describe("properties", () => {
  it("the answer depends on the octets alone, never on how they are cut", () => {
    fc.assert(
      fc.property(nearly, places, (source, places) => {
        const limits = { octets: 80, headerLines: 3, target: 20 }
        for (const start of [HttpHead.request(), HttpHead.request(limits)]) {
          expect(read(start, cut(source, places))).toEqual(read(start, [source]))
        }
        for (const start of [HttpHead.response(), HttpHead.response(limits)]) {
          expect(read(start, cut(source, places))).toEqual(read(start, [source]))
        }
      }),
      { numRuns: 500 }
    )
  })

  it("any octets have an answer, and what is behind a head is kept", () => {
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 200 })), (source) => {
        for (const outcome of [read(HttpHead.request(), [source]), read(HttpHead.response(), [source])]) {
          if (outcome._tag === "Head") expect(text(source).endsWith(`\r\n\r\n${outcome.rest}`)).toBe(true)
        }
      }),
      { numRuns: 1000 }
    )
  })

  it("a carry is a value: two readers that go on from it do not meet", () => {
    fc.assert(
      fc.property(requests, fc.nat(), (request, place) => {
        const encoded = HttpHead.encodeRequest(request)
        if (encoded._tag === "Problem") return expect.fail(encoded.rule)
        const [shared = octets(""), own = octets("")] = cut(encoded.octets.slice(0, -1), [place])
        const step = HttpHead.feed(HttpHead.request(), shared)
        if (step._tag !== "NeedMore") return expect.fail(step._tag)
        let [left, right] = [step.carry, step.carry]
        // Behind the empty piece in front: each octet of the one is followed by the other's for the same place.
        for (const octet of oneByOne(own).slice(1)) {
          const next = HttpHead.feed(left, octet)
          if (next._tag !== "NeedMore") return expect.fail(next._tag)
          left = next.carry
          const other = HttpHead.feed(right, octets("x"))
          right = other._tag === "NeedMore" ? other.carry : step.carry
        }
        expect(HttpHead.feed(left, octets("\n"))).toMatchObject({ _tag: "Head", head: request })
      }),
      { numRuns: 50 }
    )
  })

  it("reading what was written gives it back, however it is cut, with the frames behind it", () => {
    fc.assert(
      fc.property(
        requests,
        responses,
        places,
        fc.uint8Array({ maxLength: 20 }),
        (request, response, places, frames) => {
          const back = <Head>(start: HttpHead.Carry<Head>, encoded: HttpHead.Encoded) =>
            encoded._tag === "Encoded" && read(start, cut(Uint8Array.of(...encoded.octets, ...frames), places))
          const rest = text(frames)
          expect(back(HttpHead.request(), HttpHead.encodeRequest(request))).toEqual({
            _tag: "Head",
            head: request,
            rest
          })
          expect(back(HttpHead.response(), HttpHead.encodeResponse(response))).toEqual({
            _tag: "Head",
            head: response,
            rest
          })
        }
      )
    )
  })

  it("what is written holds no line that was not asked for", () => {
    const anything = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."\r\n\0 :a\xe4\u010d\u010a"), maxLength: 5 }),
      anyText
    )
    fc.assert(
      fc.property(anything, anything, anything, anything, (method, target, name, value) => {
        const encoded = [
          HttpHead.encodeRequest({ method, target, version: "1.1", headers: [[name, value]] }),
          HttpHead.encodeRequest({ method: "GET", target: "/", version: "1.1", headers: [["A", value]] }),
          HttpHead.encodeResponse({ version: "1.1", status: 200, reason: value, headers: [[name, target]] })
        ]
        for (const one of encoded) {
          if (one._tag === "Encoded") expect(text(one.octets)).toMatch(/^[^\r\n\0]+\r\n[^\r\n\0]+\r\n\r\n$/)
        }
      }),
      { numRuns: 1000 }
    )
  })
})
