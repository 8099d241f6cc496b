import { describe, expect, it } from "@effect/vitest"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as Options from "@effect-ws/codec/Options"
import * as Origin from "@effect-ws/codec/Origin"
import * as fc from "effect/FastCheck"
import { anyText } from "./http.js"

const judge = (policy: Partial<Origin.Policy>, host: string, headers: Headers): Origin.Verdict =>
  Origin.judge({ ...Origin.sameHost, ...policy }, host, headers)

const from = (origin: string): Headers => [["Origin", origin]]

const allowed = { _tag: "Allowed" }

describe("the server's own origin", () => {
  // Origin, Host
  const same: ReadonlyArray<readonly [origin: string, host: string]> = [
    ["http://a.example", "a.example"],
    ["https://a.example", "a.example"],
    ["ws://a.example", "a.example"],
    ["wss://a.example", "a.example"],
    ["http://a.example:80", "a.example"],
    ["https://a.example:443", "a.example"],
    ["http://a.example", "a.example:80"],
    ["https://a.example", "a.example:443"],
    // Behind a proxy that ends TLS, Host may have the port of either side.
    ["https://a.example", "a.example:80"],
    ["http://a.example:8080", "a.example:8080"],
    ["http://A.Example:8080", "a.eXample:8080"],
    ["HTTPS://a.example", "a.example"],
    ["http://localhost:3000", "localhost:3000"],
    ["http://127.0.0.1:3000", "127.0.0.1:3000"],
    ["http://[::1]:3000", "[::1]:3000"],
    ["http://[::1]", "[::1]"],
    ["http://[2001:DB8::1]", "[2001:db8::1]"]
  ]
  for (const [origin, host] of same) {
    it(`${origin} may connect to ${host}`, () => {
      expect(judge({}, host, from(origin))).toEqual(allowed)
    })
  }

  const other: ReadonlyArray<readonly [origin: string, host: string]> = [
    ["http://b.example", "a.example"],
    ["http://a.example.evil.example", "a.example"],
    ["http://evil-a.example", "a.example"],
    ["http://evil.example/a.example", "a.example"],
    ["http://evil.example?a.example", "a.example"],
    ["http://evil.example#a.example", "a.example"],
    ["http://a.example@evil.example", "a.example"],
    ["http://user@a.example", "a.example"],
    ["http://a.example/", "a.example"],
    ["http://a.example:8080", "a.example"],
    ["http://a.example", "a.example:8080"],
    ["http://a.example:8080", "a.example:8081"],
    ["http://a.example:443", "a.example"],
    ["https://a.example:80", "a.example"],
    ["http://a.example.", "a.example"],
    ["http://www.a.example", "a.example"],
    ["http://127.0.0.1", "localhost"],
    ["http://[::1]", "127.0.0.1"],
    ["null", "a.example"],
    ["null", "null"],
    ["", "a.example"],
    ["a.example", "a.example"],
    ["//a.example", "a.example"],
    ["://a.example", "a.example"],
    ["file://", "a.example"],
    ["file://a.example", "a.example"],
    ["chrome-extension://a.example", "a.example"],
    ["http:a.example", "a.example"],
    ["http://", ""],
    ["http://a.example, http://b.example", "a.example"],
    ["http://a.example http://a.example", "a.example"],
    ["http://a.example:65536", "a.example:65536"],
    ["http://a.example:080000", "a.example"],
    ["http://a%2eexample", "a.example"],
    ["http://a.example\0", "a.example"]
  ]
  for (const [origin, host] of other) {
    it(`${JSON.stringify(origin)} may not connect to ${JSON.stringify(host)}`, () => {
      expect(judge({}, host, from(origin))).toEqual({ _tag: "OriginRefused", origin, host })
    })
  }

  it("none at all is no browser's", () => {
    expect(judge({}, "a.example", [])).toEqual(allowed)
    expect(judge({}, "a.example", [["Referer", "http://b.example/"]])).toEqual(allowed)
  })

  it("two of them are none, and both are named", () => {
    const headers: Headers = [["Origin", "http://a.example"], ["origin", "http://a.example"]]
    expect(judge({}, "a.example", headers)).toEqual({
      _tag: "OriginRefused",
      origin: "http://a.example, http://a.example",
      host: "a.example"
    })
    expect(judge({ origins: ["http://a.example"] }, "a.example", headers)._tag).toBe("OriginRefused")
  })
})

describe("listed origins", () => {
  const origins = ["https://app.example", "http://dev.example:5173", "null", "chrome-extension://abcdef"]

  it("may connect, and the server's own still may", () => {
    for (const origin of [...origins, "https://a.example"]) {
      expect(judge({ origins }, "a.example", from(origin))).toEqual(allowed)
    }
  })

  it("are compared exactly", () => {
    const near = [
      "https://app.example/",
      "https://app.example:443",
      "http://app.example",
      "https://app.example.evil.example",
      "https://x.app.example",
      "https://APP.example",
      "http://dev.example",
      "NULL",
      "nul",
      "chrome-extension://abcdefg",
      "*"
    ]
    for (const origin of near) {
      expect(judge({ origins }, "a.example", from(origin))).toEqual({
        _tag: "OriginRefused",
        origin,
        host: "a.example"
      })
    }
  })

  it("a star is an origin like any other: `\"any\"` is what allows all", () => {
    expect(judge({ origins: ["*"] }, "a.example", from("http://b.example"))._tag).toBe("OriginRefused")
    for (const origin of ["http://b.example", "null", ""]) {
      expect(judge({ origins: "any" }, "a.example", from(origin))).toEqual(allowed)
    }
  })
})

describe("hosts (DNS rebinding)", () => {
  const hosts = ["localhost", "Tool.example:8080", "[::1]", "b.example:80"]

  it("are those listed: a name at any port, or with its port", () => {
    for (
      const host of [
        "localhost",
        "LOCALHOST",
        "localhost:1",
        "tool.example:8080",
        "[::1]:9",
        "b.example",
        "b.example:443"
      ]
    ) {
      expect(judge({ hosts }, host, [])).toEqual(allowed)
    }
    for (
      const host of [
        "evil.example",
        "localhost.evil.example",
        "tool.example",
        "tool.example:8081",
        "b.example:8080",
        "",
        "[::2]"
      ]
    ) {
      expect(judge({ hosts }, host, [])).toEqual({ _tag: "HostRefused", host })
    }
  })

  it("are looked at even when the origin is the same, or any is allowed", () => {
    const refused = { _tag: "HostRefused", host: "evil.example:8080" }
    expect(judge({ hosts }, "evil.example:8080", from("http://evil.example:8080"))).toEqual(refused)
    expect(judge({ hosts, origins: "any" }, "evil.example:8080", [])).toEqual(refused)
  })

  it("do not stand for origins", () => {
    expect(judge({ hosts }, "localhost:1", from("http://localhost:2"))._tag).toBe("OriginRefused")
  })
})

describe("options", () => {
  const judged = (given: unknown): string => {
    const read = Options.read(Origin.options, given)
    return read._tag === "Options" ? "right" : `${read.option}: ${read.advice}`
  }

  it("are the server's own origin and any host unless given", () => {
    expect(Options.read(Origin.options, {})).toEqual({ _tag: "Options", options: Origin.sameHost })
  })

  it("an origin is taken as browsers write it, and then matches itself", () => {
    const right = [
      "https://a.example",
      "http://a.example:8080",
      "https://a.example:80",
      "http://127.0.0.1",
      "http://[::1]:3000",
      "https://xn--bcher-kva.example",
      "null",
      "chrome-extension://abcdefgh",
      "capacitor://localhost",
      "file://"
    ]
    expect(judged({ origins: right })).toBe("right")
    for (const origin of right) {
      expect(judge({ origins: right }, "b.example", [["Origin", origin]])).toEqual(allowed)
    }
    expect([judged({ origins: "any" }), judged({ origins: [] })]).toEqual(["right", "right"])
  })

  it("an origin that no browser writes is refused, with the one to write", () => {
    const wrong: ReadonlyArray<readonly [string, write: string]> = [
      ["https://a.example/", "https://a.example"],
      ["https://a.example/chat?x#y", "https://a.example"],
      ["https://a.example:443", "https://a.example"],
      ["http://a.example:80", "http://a.example"],
      ["http://a.example:", "http://a.example"],
      ["https://A.example", "https://a.example"],
      ["HTTPS://a.example", "https://a.example"],
      ["wss://a.example", "https://a.example"],
      ["ws://a.example:8080", "http://a.example:8080"],
      ["http://a.example:08080", "http://a.example:8080"]
    ]
    for (const [origin, write] of wrong) {
      expect(judged({ origins: ["null", origin] })).toBe(`origins[1]: Write ${JSON.stringify(write)}.`)
      expect(judged({ origins: [write] })).toBe("right")
    }
    for (
      const none of ["", "a.example", "//a.example", "https://", "https://a b", "https://u@a.example", "*", "Null"]
    ) {
      expect(judged({ origins: [none] })).toContain("origins[0]: ")
    }
    for (const none of ["https://bücher.example", "https://*.a.example", "https://a.example:99999"]) {
      expect(judged({ origins: [none] })).toContain("origins[0]: ")
    }
  })

  it("a text is no list: it would allow all origins that are part of it", () => {
    expect(judged({ origins: "https://a.example" })).toContain("Give a list: [\"https://a.example\"]")
    expect(judged({ hosts: "localhost" })).toContain("Give a list: [\"localhost\"]")
    for (const given of [null, 5, {}, [5], [null]]) {
      expect(judged({ origins: given, hosts: "any" })).toContain("origins")
    }
  })

  it("a host is a name with or without a port", () => {
    expect(judged({ hosts: ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:80", "a.example:443"] })).toBe("right")
    for (const host of ["", "http://localhost", "localhost/", "*.example", "::1", "a:65536", "a b", "a.example:x"]) {
      expect(judged({ hosts: [host] })).toContain("hosts[0]: Write host or host:port")
    }
  })
})

describe("an authority", () => {
  it("is a host and perhaps a port", () => {
    expect(Origin.parseAuthority("A.example:8080", [80])).toEqual({
      host: "a.example",
      port: 8080,
      text: "a.example:8080"
    })
    expect(Origin.parseAuthority("a.example:080", [80])).toEqual({
      host: "a.example",
      port: undefined,
      text: "a.example"
    })
    expect(Origin.parseAuthority("a_b~c:", [])).toEqual({ host: "a_b~c", port: undefined, text: "a_b~c" })
    expect(Origin.parseAuthority("[::FFFF:1.2.3.4]:0", [])).toEqual({
      host: "[::ffff:1.2.3.4]",
      port: 0,
      text: "[::ffff:1.2.3.4]:0"
    })
    expect(Origin.parseAuthority("a:65535", [])?.port).toBe(65535)
    for (
      const wrong of [
        "",
        ":80",
        "a:b",
        "a:-1",
        "a:65536",
        "a:100000",
        "a b",
        "a/b",
        "a?b",
        "a#b",
        "u@a",
        "::1",
        "[::1",
        "[]",
        "[g]",
        "[1]",
        "[a:80]",
        "a,b",
        "\xe4",
        "a\n",
        "a:80:80"
      ]
    ) {
      expect(Origin.parseAuthority(wrong, [80])).toBeUndefined()
    }
  })
})

describe("properties", () => {
  const name = fc.string({ unit: fc.constantFrom(..."abA1.-"), minLength: 1, maxLength: 8 })
  const port = fc.option(fc.integer({ min: 0, max: 65535 }), { nil: undefined })
  const at = (port: number | undefined) => port === undefined ? "" : `:${port}`
  const dropped = (port: number | undefined, defaults: ReadonlyArray<number>) =>
    port === undefined || defaults.includes(port) ? undefined : port

  it("an origin is the server's own when host and port are, default ports aside", () => {
    const ports = fc.oneof(port, fc.constantFrom(80, 443, 8080))
    fc.assert(fc.property(name, fc.option(name), ports, ports, fc.boolean(), (host, other, p, q, secure) => {
      const own = other ?? host
      const verdict = judge({}, `${own}${at(q)}`, from(`${secure ? "https" : "http"}://${host}${at(p)}`))
      const same = host.toLowerCase() === own.toLowerCase() &&
        dropped(p, [secure ? 443 : 80]) === dropped(q, [80, 443])
      expect(verdict._tag).toBe(same ? "Allowed" : "OriginRefused")
    }))
  })

  it("any origin and host have a verdict", () => {
    const any = fc.oneof(anyText, fc.string({ unit: fc.constantFrom(..."htp:/[]a.1@,") }))
    fc.assert(fc.property(any, any, (origin, host) => {
      expect(["Allowed", "OriginRefused"]).toContain(judge({}, host, from(origin))._tag)
    }))
  })
})
