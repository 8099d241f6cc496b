/**
 * What others write is read in time that grows with its length, and no faster. Measured, so that work which no hook could count
 * (searching, joining) counts too; on a machine that does nothing else meanwhile.
 */
import { describe, expect, it } from "@effect/vitest"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import type { Extension } from "@effect-ws/codec/ExtensionHeader"
import * as ExtensionHeader from "@effect-ws/codec/ExtensionHeader"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import * as Forwarded from "@effect-ws/codec/Forwarded"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import { head, octets, oneByOne, read } from "./http.js"

/**
 * How much more a unit costs when there are sixteen times as many: about 1 when cost is linear, 16 when it is quadratic.
 *
 * The fastest of several runs counts. A result that is not {@link linear} is measured again, and then with twice as many: what is quadratic
 * stays so, and a step, where the results no longer fit into V8's young generation and are copied, is passed once.
 */
const growth = (n: number, prepare: (n: number) => () => void): number => {
  let best = Infinity
  for (const size of [n, n, 2 * n, 2 * n, 4 * n, 4 * n]) {
    const many = fastest(prepare(16 * size))
    best = Math.min(best, many / fastest(prepare(size)) / 16)
    if (best < linear || many > 1000) break
  }
  return best
}

/** In milliseconds, of five runs; of fewer when they take long. */
const fastest = (run: () => void): number => {
  const first = performance.now()
  let best = Infinity
  for (let i = 0; i < 5 && performance.now() - first < 1000; i++) {
    const start = performance.now()
    run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

/** Far from 1, and far from 16. */
const linear = 5

const unlimited: HttpHead.Limits = { octets: Infinity, headerLines: Infinity, target: Infinity }

const key = "dGhlIHNhbXBsZSBub25jZQ=="

describe("cost is linear", () => {
  it("HttpHead: in octets, however they are cut", () => {
    const get = "GET / HTTP/1.1\r\n"
    const inputs: ReadonlyArray<readonly [n: number, source: (n: number) => string]> = [
      [80, (n) => `${get}${"Abc: defgh\r\n".repeat(n)}\r\n`],
      [500, (n) => `${"\r\n".repeat(n)}${get}\r\n`]
    ]
    for (const [n, source] of inputs) {
      expect(growth(n, (n) => {
        const pieces = oneByOne(octets(source(n)))
        return () => void read(HttpHead.request(unlimited), pieces)
      })).toBeLessThan(linear)
    }
  })

  it("FinalResponse: in octets", () => {
    const last = head("HTTP/1.1 101 x")
    expect(growth(500, (n) => {
      const pieces = oneByOne(octets(`${head("HTTP/1.1 103 x", `A: ${"b".repeat(n)}`)}${last}`))
      return () => {
        let carry = FinalResponse.start(unlimited)
        for (const piece of pieces) {
          const step = FinalResponse.feed(carry, piece)
          if (step._tag === "NeedMore") carry = step.carry
        }
      }
    })).toBeLessThan(linear)
  })

  it("HttpHeaders: in elements", () => {
    for (const element of ["a,", " ", ",", "\t, "]) {
      expect(growth(1000, (n) => {
        const long: Headers = [["A", element.repeat(n)]]
        return () => void HttpHeaders.tokens(long, "a")
      })).toBeLessThan(linear)
    }
  })

  // websocket-extensions CVE-2020-7662, ws CVE-2021-32640, Deno CVE-2023-26103
  it("ExtensionHeader: in elements", () => {
    const inputs: ReadonlyArray<(n: number) => ReadonlyArray<string>> = [
      (n) => [`foo${"; a=b".repeat(n)}`],
      (n) => [`foo${"; a".repeat(n)};`],
      (n) => [`foo; a="${"b".repeat(n)}`],
      (n) => [`foo; a="${"\\b".repeat(n)}"`],
      (n) => [`foo; a="${"\\\\".repeat(n)}"`],
      (n) => ["foo, ".repeat(n)],
      (n) => [`${",".repeat(n)}`],
      (n) => [`${"\t ".repeat(n)}`],
      (n) => [`foo${" ".repeat(n)}x`],
      (n) => ["a".repeat(n)],
      (n) => Array.from({ length: n }, () => "foo; a")
    ]
    for (const input of inputs) {
      expect(growth(1000, (n) => {
        const values = input(n)
        return () => void ExtensionHeader.parse(values)
      })).toBeLessThan(linear)
    }
  })

  it("PermessageDeflate: in offers and parameters", () => {
    const inputs: ReadonlyArray<(n: number) => ReadonlyArray<Extension>> = [
      (n) =>
        Array.from({ length: n }, () => ({ name: "permessage-deflate", parameters: [{ name: "foo", value: "1" }] })),
      (n) => [{
        name: "permessage-deflate",
        parameters: Array.from({ length: n }, () => ({ name: "foo", value: "1" }))
      }],
      (n) => Array.from({ length: n }, () => ({ name: "foo", parameters: [] }))
    ]
    for (const input of inputs) {
      expect(growth(500, (n) => {
        const extensions = input(n)
        return () => {
          PermessageDeflate.accept(PermessageDeflate.defaultServerConfig, extensions)
          PermessageDeflate.verify(PermessageDeflate.defaultClientConfig, extensions)
        }
      })).toBeLessThan(linear)
    }
  })

  it("Forwarded: in elements", () => {
    const trusted: ReadonlyArray<Forwarded.HeaderName> = ["forwarded", "x-forwarded-for"]
    for (const unit of ["a=b;", "a=b,", "for=\"a\",", "\\", ",", "1.1.1.1,", "a=\"\\\""]) {
      expect(growth(100, (n) => () => {
        for (let i = 0; i < 50; i++) {
          Forwarded.read({ headers: trusted, hops: 1 }, [
            ["Forwarded", unit.repeat(n)],
            ["X-Forwarded-For", unit.repeat(n)]
          ])
        }
      })).toBeLessThan(linear)
    }
  })

  it("ServerHandshake: in lines and elements", () => {
    const inputs: ReadonlyArray<(n: number) => Headers> = [
      (n) => [["Sec-WebSocket-Protocol", Array.from({ length: n }, (_, i) => `p${i}`).join(", ")]],
      (n) => Array.from({ length: n }, (_, i) => ["Sec-WebSocket-Protocol", `p${i}`] as const),
      (n) => [["Sec-WebSocket-Extensions", `foo${"; a".repeat(n)}`]],
      (n) => Array.from({ length: n }, () => ["Origin", "http://a"] as const),
      (n) => Array.from({ length: n }, () => ["Upgrade", ",websocket,"] as const)
    ]
    const right: Headers = [
      ["Host", "server.example.com"],
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Key", key],
      ["Sec-WebSocket-Version", "13"]
    ]
    const request = (headers: Headers) => ({ method: "GET", target: "/", version: "1.1", headers } as const)
    expect(ServerHandshake.judge(request(right), ServerHandshake.defaultConfig)._tag).toBe("Offer")
    for (const input of inputs) {
      expect(growth(500, (n) => {
        const head = request([...right, ...input(n)])
        return () => void ServerHandshake.judge(head, ServerHandshake.defaultConfig)
      })).toBeLessThan(linear)
    }
  })

  it("ClientHandshake: in lines and elements", () => {
    const inputs: ReadonlyArray<(n: number) => Headers> = [
      (n) => [["Sec-WebSocket-Extensions", `foo${"; a=b".repeat(n)}`]],
      (n) => [["Sec-WebSocket-Extensions", "foo, ".repeat(n)]],
      (n) => Array.from({ length: n }, () => ["Sec-WebSocket-Extensions", "foo"] as const),
      (n) => Array.from({ length: n }, () => ["X", "y"] as const)
    ]
    const expected = ClientHandshake.expected(
      ClientHandshake.wishes(key, { extensions: [{ name: "foo", parameters: [] }] })
    )
    const right: Headers = [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
    ]
    const answer = (headers: Headers) => ({ version: "1.1", status: 101, reason: "", headers } as const)
    expect(ClientHandshake.verify(answer(right), expected)._tag).toBe("Established")
    for (const input of inputs) {
      expect(growth(500, (n) => {
        const head = answer([...right, ...input(n)])
        return () => void ClientHandshake.verify(head, expected)
      })).toBeLessThan(linear)
    }
  })
})
