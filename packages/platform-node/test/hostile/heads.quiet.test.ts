/** What the head of a request may cost a server, in memory and time: docs/reference/security.md names the tests of this file. */
import { describe, expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { request } from "../rawClient.js"
import { until } from "../rawServer.js"
import { attack, growth, linear, pour } from "./arena.js"

const MiB = 1024 * 1024

describe("header lines", () => {
  const long: ReadonlyArray<readonly [name: string, line: (n: number) => Record<string, string>, status: number]> = [
    [
      "websocket-extensions CVE-2020-7662",
      (n) => ({ "Sec-WebSocket-Extensions": `a; b="${"\\c".repeat(n / 2)}` }),
      400
    ],
    ["an extension of many parameters", (n) => ({ "Sec-WebSocket-Extensions": `a${"; b=1".repeat(n / 5)}` }), 101],
    ["many extensions", (n) => ({ "Sec-WebSocket-Extensions": `permessage-deflate; x,${" a,".repeat(n / 3)}b` }), 101],
    ["ws CVE-2021-32640", (n) => ({ "Sec-WebSocket-Protocol": `a${" ".repeat(n)}b` }), 400],
    [
      "many subprotocols",
      // More octets than the others: comparing names in pairs is fast, and shows where they are many.
      (n) => ({ "Sec-WebSocket-Protocol": Array.from({ length: n / 3 }, (_, i) => i + 10_000).join() }),
      101
    ],
    ["commas", (n) => ({ "Sec-WebSocket-Protocol": `a${",".repeat(n)}` }), 101],
    ["Deno CVE-2023-26103", (n) => ({ Connection: `Upgrade${" ,".repeat(n / 2)}` }), 101],
    ["Deno CVE-2023-26103, Upgrade", (n) => ({ Upgrade: `websocket${" , \t".repeat(n / 4)}` }), 101],
    ["an origin", (n) => ({ Origin: `https://${"a.".repeat(n / 2)}` }), 403],
    ["a host", (n) => ({ Host: `${"a".repeat(n)}:` }), 101],
    ["a key", (n) => ({ "Sec-WebSocket-Key": "A".repeat(n) }), 400]
  ]
  for (const [name, line, expected] of long) {
    attack(`${name}: parsing is linear`, (arena) =>
      linear(50_000, (n) =>
        Effect.scoped(Effect.gen(function*() {
          const client = yield* arena.dial(request(line(n)))
          expect((yield* client.response).status).toBe(expected)
        }))), { head: { octets: MiB } })
  }
})

describe("bodies", () => {
  attack(
    "Vert.x CVE-2018-12541: a handshake's body is never buffered without bound",
    (arena) =>
      Effect.gen(function*() {
        const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(MiB), Buffer.from("\r\n")])
        const begin: ReadonlyArray<string> = [
          request({ "Transfer-Encoding": "chunked" }),
          request({ "Content-Length": String(2 ** 40) }),
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        ]
        for (const head of begin) {
          const client = yield* arena.dial(head)
          const grown = yield* growth(
            Effect.gen(function*() {
              for (let i = 0; i < 16; i++) yield* pour(client, chunk)
              yield* until(() => client.ended || client.closed)
            }),
            chunk
          )
          expect(grown).toBeLessThan(MiB)
        }
        expect(arena.opened).toEqual([])
      }),
    { limits: { dropTimeout: 30_000 }, openTimeout: "2 seconds" } // so long that what is kept is kept when it is measured
  )
})
