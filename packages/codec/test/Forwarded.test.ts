import { describe, expect, it } from "@effect/vitest"
import * as Forwarded from "@effect-ws/codec/Forwarded"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as fc from "effect/FastCheck"
import { anyText } from "./http.js"

const all: ReadonlyArray<Forwarded.HeaderName> = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto"
]

const read = (headers: Headers, hops = 1, trusted = all) => Forwarded.read({ headers: trusted, hops }, headers)

const told = (part: Partial<Forwarded.Told>): Forwarded.Told => ({ ...Forwarded.untold, ...part })

const xForwarded: Headers = [
  ["X-Forwarded-For", "192.0.2.7"],
  ["X-Forwarded-Host", "a.example:8443"],
  ["X-Forwarded-Port", "8443"],
  ["X-Forwarded-Proto", "https"]
]

describe("trust", () => {
  it("nothing is read that is not named", () => {
    expect(read(xForwarded)).toEqual({ address: "192.0.2.7", host: "a.example:8443", port: 8443, secure: true })
    expect(read(xForwarded, 1, [])).toEqual(Forwarded.untold)
    expect(Forwarded.read(Forwarded.nothing, xForwarded)).toEqual(Forwarded.untold)
    const lines: Headers = [...xForwarded, ["Forwarded", "for=203.0.113.9;host=b.example;proto=http"]]
    const each: Record<Forwarded.HeaderName, Partial<Forwarded.Told>> = {
      "forwarded": { address: "203.0.113.9", host: "b.example", secure: false },
      "x-forwarded-for": { address: "192.0.2.7" },
      "x-forwarded-host": { host: "a.example:8443" },
      "x-forwarded-port": { port: 8443 },
      "x-forwarded-proto": { secure: true }
    }
    for (const name of all) expect(read(lines, 1, [name])).toEqual(told(each[name]))
  })

  it("of a list, what the outermost of so many proxies added", () => {
    const lists: Headers = [["X-Forwarded-For", "10.0.0.1, 192.0.2.7"], ["X-Forwarded-For", "192.0.2.8"]]
    expect(read(lists).address).toBe("192.0.2.8")
    expect(read(lists, 2).address).toBe("192.0.2.7")
    expect(read(lists, 3).address).toBe("10.0.0.1")
    expect(read(lists, 9).address).toBe("10.0.0.1")
    expect(read([["X-Forwarded-Host", "evil.example, a.example, b.example"]], 2).host).toBe("a.example")
    expect(read([["X-Forwarded-Proto", "https, http"], ["X-Forwarded-Port", "443, 8080"]])).toEqual(
      told({ secure: false, port: 8080 })
    )
    expect(read([["Forwarded", "for=10.0.0.1;proto=https, for=192.0.2.7"], ["Forwarded", "for=192.0.2.8"]], 2))
      .toEqual(told({ address: "192.0.2.7" }))
  })
})

describe("X-Forwarded-*", () => {
  const addresses: ReadonlyArray<readonly [text: string, address: string | undefined]> = [
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7:40000", "192.0.2.7"],
    ["2001:DB8:0:0::7", "2001:db8::7"],
    ["[2001:db8::7]", "2001:db8::7"],
    ["[2001:db8::7]:40000", "2001:db8::7"],
    ["::ffff:192.0.2.7", "::ffff:192.0.2.7"],
    ["unknown", undefined],
    ["_hidden", undefined],
    ["192.0.2.7:", undefined],
    ["192.0.2", undefined],
    ["fe80::1%eth0", undefined],
    ["a.example", undefined],
    ["192.0.2.7 x", undefined],
    ["\"192.0.2.7\"", undefined]
  ]
  for (const [text, address] of addresses) {
    it(`the address of ${text}`, () => {
      expect(read([["X-Forwarded-For", text]])).toEqual(told({ address }))
    })
  }

  it("what is malformed is not told", () => {
    for (const host of ["/", "a b", "u@a", "a:x", "http://a.example"]) {
      expect(read([["X-Forwarded-Host", host]])).toEqual(Forwarded.untold)
    }
    for (const port of ["0", "65536", "-1", "x", "443x", "1e3", "000443"]) {
      expect(read([["X-Forwarded-Port", port]])).toEqual(Forwarded.untold)
    }
    for (const proto of ["httpsx", "ftp", "https:", "\"https\""]) {
      expect(read([["X-Forwarded-Proto", proto]])).toEqual(Forwarded.untold)
    }
    expect(read([["X-Forwarded-Proto", "WSS"]]).secure).toBe(true)
    expect(read([["X-Forwarded-Proto", "ws"]]).secure).toBe(false)
  })
})

describe("7239 §4 Forwarded", () => {
  const lines: ReadonlyArray<readonly [line: string, told: Partial<Forwarded.Told>]> = [
    ["for=192.0.2.43", { address: "192.0.2.43" }],
    ["For=\"[2001:db8:cafe::17]:4711\"", { address: "2001:db8:cafe::17" }],
    ["for=192.0.2.60;proto=http;by=203.0.113.43", { address: "192.0.2.60", secure: false }],
    ["for=192.0.2.43, for=198.51.100.17", { address: "198.51.100.17" }],
    ["for=\"_gazonk\"", {}],
    ["for=unknown", {}],
    ["host=\"a.example:8443\";PROTO=HTTPS", { host: "a.example:8443", secure: true }],
    ["x=\"a,b;for=10.0.0.1\"; for=192.0.2.7", { address: "192.0.2.7" }],
    ["x=\"a\\\"b\";for=192.0.2.7;", { address: "192.0.2.7" }],
    [" , for=192.0.2.7 , ", { address: "192.0.2.7" }],
    ["", {}],
    // Malformed: nothing of it is believed.
    ["for", {}],
    ["for =192.0.2.7", {}],
    ["for= 192.0.2.7", {}],
    ["for=\"192.0.2.7", {}],
    ["for=\"192.0.2.7\"x", {}],
    ["for=192.0.2.7 proto=https", {}],
    ["for=192.0.2.7;for=192.0.2.8", {}],
    ["for=[2001:db8::1]", {}],
    ["for=, for=192.0.2.7", {}]
  ]
  for (const [line, part] of lines) {
    it(JSON.stringify(line), () => {
      expect(read([["Forwarded", line]])).toEqual(told(part))
    })
  }

  it("comes before what the others tell", () => {
    expect(read([...xForwarded, ["Forwarded", "for=203.0.113.9"]])).toEqual({
      address: "203.0.113.9",
      host: "a.example:8443",
      port: 8443,
      secure: true
    })
  })
})

describe("the authority", () => {
  it("has the port that was told where the host names none", () => {
    expect(Forwarded.authority(Forwarded.untold, "b:9000")).toBe("b:9000")
    expect(Forwarded.authority(told({ host: "a.example" }), "b:9000")).toBe("a.example")
    expect(Forwarded.authority(told({ host: "a.example", port: 8443 }), "b:9000")).toBe("a.example:8443")
    expect(Forwarded.authority(told({ host: "a.example:1", port: 8443 }), "b:9000")).toBe("a.example:1")
    expect(Forwarded.authority(told({ port: 8443 }), "b")).toBe("b:8443")
    expect(Forwarded.authority(told({ port: 8443 }), "[::1]")).toBe("[::1]:8443")
    expect(Forwarded.authority(told({ port: 8443 }), "[::1]:2")).toBe("[::1]:2")
  })

  it("is what the origin is compared with, and named", () => {
    const judge = (origin: string, trusted: ReadonlyArray<Forwarded.HeaderName>) =>
      ServerHandshake.judge({
        method: "GET",
        target: "/",
        version: "1.1",
        headers: [
          ["Host", "backend:9000"],
          ["Upgrade", "websocket"],
          ["Connection", "upgrade"],
          ["Sec-WebSocket-Version", "13"],
          ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
          ["Origin", origin],
          ["X-Forwarded-Host", "a.example"],
          ["X-Forwarded-Port", "443"]
        ]
      }, { ...ServerHandshake.defaultConfig, forwarded: { headers: trusted, hops: 1 } })
    expect(judge("https://a.example", [])).toMatchObject({
      rule: "OriginNotAllowed",
      detail: "origin https://a.example, host backend:9000"
    })
    expect(judge("https://a.example", ["x-forwarded-host"])).toMatchObject({ _tag: "Offer", host: "a.example" })
    expect(judge("https://a.example", all)).toMatchObject({ _tag: "Offer", host: "a.example:443" })
    expect(judge("http://backend:9000", all)).toMatchObject({
      rule: "OriginNotAllowed",
      detail: "origin http://backend:9000, host a.example:443"
    })
  })
})

describe("properties", () => {
  it("what a client writes before the proxy's element changes nothing", () => {
    // Quotes aside: a client may open one that the proxy's element closes, and then nothing is told.
    fc.assert(fc.property(anyText, (text) => {
      const [first, second] = [["X-Forwarded-For", text], ["X-Forwarded-For", "192.0.2.7"]] as const
      expect(read([first, second]).address).toBe("192.0.2.7")
      expect([undefined, "192.0.2.7"]).toContain(read([["Forwarded", `${text}, for=192.0.2.7`]]).address)
    }))
  })

  it("any text has an answer", () => {
    const any = fc.oneof(anyText, fc.string({ unit: fc.constantFrom(..."for=\"\\;,[]:1 proto") }))
    fc.assert(fc.property(any, (text) => {
      const { address, host } = read(all.map((name) => [name, text]))
      for (const value of [address, host]) expect([undefined, "string"]).toContain(value && typeof value)
    }))
  })
})
