/** What a hostile server may cost our client, in memory and time: docs/reference/security.md names the tests of this file. */
import { describe, expect } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import { acceptOf, onRequest, switching, until } from "../rawServer.js"
import { growth, linear } from "./arena.js"
import { attack, serverFrame } from "./field.js"

const MiB = 1024 * 1024
const { opcode } = Frame

describe("heads", () => {
  attack(
    "Mint CVE-2026-82729: a head in reads of one octet takes time in proportion",
    (socket) =>
      onRequest(socket, (head) => {
        const size = Number(/GET \/([0-9]+) /.exec(head)?.[1])
        const answer = switching(acceptOf(head), `X: ${"y".repeat(size)}`)
        const drip = (at: number): void => {
          if (at === answer.length || socket.destroyed) return
          socket.write(answer.charAt(at))
          setImmediate(drip, at + 1)
        }
        drip(0)
      }),
    ({ client, url }) =>
      linear(
        1_000,
        (n) =>
          Effect.scoped(Effect.flatMap(client.connect(`${url}${n}`), (connection) =>
            Effect.sync(() =>
              expect(connection.opening.headers.at(-1)?.[1]).toHaveLength(n)
            )))
      ),
    { head: { octets: 64 * 1024 } }
  )

  const long: ReadonlyArray<readonly [name: string, line: (n: number) => string]> = [
    ["websocket-extensions CVE-2020-7662", (n) => `Sec-WebSocket-Extensions: a; b="${"\\c".repeat(n / 2)}`],
    ["an extension that repeats", (n) => `Sec-WebSocket-Extensions: permessage-deflate${"; a=1".repeat(n / 5)}`],
    ["a subprotocol of spaces", (n) => `Sec-WebSocket-Protocol: a${" ".repeat(n)}b`],
    ["Connection", (n) => `Connection: ${", ".repeat(n / 2)}`]
  ]
  for (const [name, line] of long) {
    attack(
      `${name}: parsing what a server answers is linear`,
      (socket) =>
        onRequest(socket, (head) => {
          const size = Number(/GET \/([0-9]+) /.exec(head)?.[1])
          socket.write(switching(acceptOf(head), line(size)))
        }),
      ({ client, url }) => linear(50_000, (n) => Effect.scoped(Effect.exit(client.connect(`${url}${n}`)))),
      { head: { octets: MiB } }
    )
  }
})

describe("frames", () => {
  attack(
    "daphne CVE-2026-44545, of a server: a client that does not pull holds no more than its budget",
    (socket) =>
      onRequest(socket, (head) => {
        socket.write(switching(acceptOf(head)))
        const frame = serverFrame(opcode.binary, new Uint8Array(1000))
        const many = Buffer.alloc(frame.length * 1000, frame)
        const pour = (): void => {
          while (!socket.destroyed && socket.write(many));
        }
        socket.on("drain", pour)
        pour()
      }),
    ({ client, sockets, url }) =>
      Effect.gen(function*() {
        const grown = yield* growth(Effect.gen(function*() {
          yield* client.connect(url)
          yield* until(() => (sockets[0]?.writableLength ?? 0) > 0)
          yield* Effect.sleep("200 millis")
        }))
        // 1 MiB in the inbox (a message here is 1,064 octets of it), a read behind it, and what this server has buffered itself.
        expect(grown - (sockets[0]?.writableLength ?? 0)).toBeLessThan(3 * MiB)
      })
  )
})
