/**
 * What the other files leave out: that processor time is in proportion to what an attacker sends (control frames, header lines,
 * compressed octets in any reads, and all that a hostile server may send to our client), and memory to the limits (of heads that
 * never end, at both ends). docs/reference/security.md names the attacks.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import { request } from "../rawClient.js"
import { acceptOf, listen, onRequest, switching, until } from "../rawServer.js"
import { attack, binary, deflated, drip, frame, growth, linear, pour, quietly, repeated } from "./arena.js"

const { opcode, rsv1 } = Frame
const MiB = 1024 * 1024
const offered = { "Sec-WebSocket-Extensions": "permessage-deflate" }

const silent = { onMessage: () => {} }

describe("a client takes no more than its share", () => {
  attack("n pings and n pongs take time in proportion", (arena) =>
    Effect.gen(function*() {
      const client = yield* arena.open()
      let octets = 0
      client.socket.removeAllListeners("data")
      client.socket.on("data", (chunk) => {
        octets += chunk.length
      })
      yield* linear(10_000, (n) =>
        Effect.gen(function*() {
          const before = octets
          yield* pour(client, repeated(Buffer.concat([frame(opcode.ping, "ping"), frame(opcode.pong, "pong")]), n))
          yield* until(() => octets === before + 6 * n)
        }))
    }))

  attack(
    "n header lines take time in proportion",
    (arena) =>
      linear(1_000, (n) =>
        Effect.scoped(Effect.gen(function*() {
          const client = yield* arena.dial(request({}, undefined, new Array<string>(n).fill("a: b")))
          expect((yield* client.response).status).toBe(101)
        }))),
    { head: { headerLines: 5_000, octets: MiB } }
  )

  attack(
    "what n octets inflate to takes time in proportion, and a bomb no more than its limit",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open(offered)
        yield* linear(MiB, (n) =>
          Effect.gen(function*() {
            const before = arena.messages.length
            yield* pour(client, binary(deflated(Buffer.alloc(n)), { rsv: rsv1 }))
            yield* until(() => arena.messages.length > before)
            expect(arena.messages.at(-1)).toBe(n)
          }))
        const bombs = new Map(
          [32, 128].map((size) => [size, binary(deflated(Buffer.alloc(size * MiB)), { rsv: rsv1 })])
        )
        // Both are refused at 16 MiB: four times the bomb costs little more.
        yield* linear(
          32,
          (size) =>
            Effect.gen(function*() {
              const before = arena.outcomes.length
              const attacker = yield* arena.open(offered)
              yield* pour(attacker, bombs.get(size) ?? new Uint8Array(0))
              expect(yield* attacker.frame).toBe("close 1009")
              attacker.end()
              expect(yield* arena.outcome(before)).toMatchObject({ _tag: "Failed", failure: { rule: "MessageTooBig" } })
            }),
          3
        )
      }),
    {},
    silent
  )

  attack(
    "a compressed message in reads of one octet takes time in proportion",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open(offered)
        yield* linear(500, (n) =>
          Effect.gen(function*() {
            const before = arena.messages.length
            yield* drip(client, binary(deflated(randomBytes(n)), { rsv: rsv1 }))
            yield* until(() => arena.messages.length > before)
            expect(arena.messages.at(-1)).toBe(n)
          }))
      }),
    {},
    silent
  )

  attack(
    "300 heads that stop short of their limit hold no more than they have sent",
    (arena) =>
      Effect.gen(function*() {
        const size = 15 * 1024
        const half = request({ X: "x".repeat(size) }).slice(0, size)
        const grown = yield* growth(Effect.gen(function*() {
          for (let i = 0; i < 300; i++) yield* arena.dial(half)
          yield* arena.goesOn
        }))
        expect(grown / 300).toBeLessThan(3 * size)
        expect(arena.opened).toEqual([])
      })
  )
})

describe("a server takes no more than its share of our client", () => {
  /** Answers, and then writes what the path asks for. */
  const writing = (octets: (n: number) => Uint8Array, ...lines: ReadonlyArray<string>) =>
    listen((socket) =>
      onRequest(socket, (head) => {
        socket.write(switching(acceptOf(head), ...lines))
        socket.end(octets(Number(/GET \/([0-9]+) /.exec(head)?.[1])))
      })
    )

  const unmasked = (kind: number, payload: Uint8Array, fields: Partial<Frame.Header> = {}): Uint8Array =>
    Frame.encode({ header: Frame.header(kind, payload.length, fields), payload })
  const one = Uint8Array.of(0x61)
  const end = unmasked(opcode.close, Uint8Array.of(3, 232))

  const floods: ReadonlyArray<readonly [says: string, n: number, octets: (n: number) => Uint8Array]> = [
    ["messages", 20_000, (n) => repeated(unmasked(opcode.text, one), n)],
    ["fragments", 20_000, (n) =>
      Buffer.concat([
        unmasked(opcode.text, one, { fin: false }),
        repeated(unmasked(opcode.continuation, one, { fin: false }), n),
        unmasked(opcode.continuation, one)
      ])],
    ["pings", 10_000, (n) => repeated(unmasked(opcode.ping, one), n)],
    ["octets inflated", 2 * MiB, (n) => unmasked(opcode.binary, deflated(Buffer.alloc(n)), { rsv: rsv1 })]
  ]
  for (const [says, n, octets] of floods) {
    it.scopedLive(`n ${says} take time in proportion`, () =>
      quietly(Effect.gen(function*() {
        const made = new Map([n, 4 * n].map((n) => [n, Buffer.concat([octets(n), end])]))
        const line = says.includes("inflated") ? ["Sec-WebSocket-Extensions: permessage-deflate"] : []
        const { url } = yield* writing((n) => made.get(n) ?? end, ...line)
        const client = yield* NodeWebSocketClient.make()
        yield* linear(n, (n) =>
          Effect.scoped(Effect.gen(function*() {
            const connection = yield* client.connect(`${url}${n}`)
            yield* connection.run(() => {})
            expect(yield* connection.outcome).toMatchObject({ _tag: "Clean", remote: { code: 1000 } })
          })))
      })), 60_000)
  }

  it.scopedLive(
    "100 answers whose heads stop short of their limit hold no more than they have sent",
    () =>
      quietly(Effect.gen(function*() {
        const size = 15 * 1024
        const { sockets, url } = yield* listen((socket) =>
          onRequest(socket, () => void socket.write(`HTTP/1.1 101 x\r\nX: ${"x".repeat(size)}`))
        )
        const client = yield* NodeWebSocketClient.make()
        const grown = yield* growth(Effect.gen(function*() {
          for (let i = 0; i < 100; i++) yield* Effect.forkScoped(Effect.ignore(Effect.scoped(client.connect(url))))
          yield* until(() => sockets.length === 100 && sockets.every(({ bytesWritten }) => bytesWritten > size))
          yield* Effect.sleep("50 millis")
        }))
        // Both ends of each are in this process
        expect(grown / 100).toBeLessThan(5 * size)
      })),
    60_000
  )
})
