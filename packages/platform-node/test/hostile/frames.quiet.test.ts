/** What the frames of a client may cost a server, in memory and time: docs/reference/security.md names the tests of this file. */
import { describe, expect } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import { close, type RawClient } from "../rawClient.js"
import { until } from "../rawServer.js"
import { attack, binary, continuation, declaring, drip, frame, growth, linear, pour, repeated, text } from "./arena.js"

const MiB = 1024 * 1024
const { opcode } = Frame
const one = Uint8Array.of(0x61)

describe("lengths", () => {
  attack(
    "rust-websocket CVE-2022-35922: 100 declared lengths of 16 MiB allocate nothing",
    (arena) =>
      Effect.gen(function*() {
        const clients = yield* Effect.replicateEffect(arena.open(), 100)
        const grown = yield* growth(Effect.gen(function*() {
          for (const client of clients) client.write(Buffer.concat([declaring(16 * MiB), one]))
          yield* arena.goesOn
        }))
        expect(grown).toBeLessThan(MiB) // 10 KiB a connection, of 16 MiB
        for (const client of clients) client.socket.resetAndDestroy()
        yield* arena.outcome(99)
      })
  )
})

describe("reserved bits and opcodes", () => {
  attack(
    "Jetty CVE-2026-19204: the payload behind a bad opcode is not buffered",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open()
        client.write(Uint8Array.of(0x83, 0xff))
        expect(yield* client.frame).toBe("close 1002")
        const payload = Buffer.alloc(8 * MiB)
        expect(yield* growth(pour(client, payload), payload)).toBeLessThan(MiB)
        client.end()
        expect(yield* arena.outcome()).toMatchObject({ _tag: "Failed", failure: { rule: "ReservedOpcode" } })
      })
  )
})

describe("fragments", () => {
  attack(
    "ws CVE-2026-48779, #2331, undici CVE-2026-12151: 100 KB of fragments of one octet pin no megabytes",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open()
        client.write(text("", { fin: false }))
        const tiny = repeated(continuation(one, { fin: false }), 15_000)
        const grown = yield* growth(Effect.zipRight(pour(client, tiny), arena.goesOn), tiny)
        expect(grown).toBeLessThan(512 * 1024)
        client.write(continuation(one))
        yield* until(() => arena.messages.length === 1)
        expect(arena.messages).toEqual([15_001])
      })
  )

  for (const size of [0, 1, 128]) {
    attack(
      `ws CVE-2026-48779, #2331, undici CVE-2026-12151: fragments of ${size}, each in a read of its own, pin little more than their octets`,
      (arena) =>
        Effect.gen(function*() {
          const client = yield* arena.open()
          client.write(binary(one, { fin: false }))
          const tiny = continuation(new Uint8Array(size), { fin: false })
          const grown = yield* growth(Effect.promise(async () => {
            for (let i = 0; i < 4_000; i++) {
              client.socket.write(tiny)
              await new Promise(setImmediate)
            }
          }))
          expect(grown).toBeLessThan(512 * 1024 + 4_000 * size)
          client.socket.resetAndDestroy()
          expect(yield* arena.outcome()).toMatchObject({ _tag: "Dropped" })
        })
    )
  }

  for (const kind of [opcode.text, opcode.binary]) {
    attack(
      `Bandit CVE-2026-65623, Mint CVE-2026-82729: n fragments of ${
        kind === opcode.text ? "text" : "octets"
      } take time in proportion`,
      (arena) =>
        Effect.gen(function*() {
          const client = yield* arena.open()
          yield* linear(20_000, (n) =>
            Effect.gen(function*() {
              const before = arena.messages.length
              const all = Buffer.concat([
                frame(kind, "", { fin: false }),
                repeated(continuation(one, { fin: false }), n),
                continuation(one)
              ])
              yield* pour(client, all)
              yield* until(() => arena.messages.length > before)
              expect(arena.messages.at(-1)).toBe(n + 1)
            }))
        }),
      {},
      { onMessage: () => {} }
    )
  }

  attack(
    "tungstenite CVE-2023-43669, Mint CVE-2026-82729: a read of one octet costs the same behind 1 KiB as behind 12 MiB",
    (arena) =>
      Effect.gen(function*() {
        const behind = (size: number) =>
          Effect.gen(function*() {
            const client = yield* arena.open()
            client.write(declaring(16 * MiB))
            yield* pour(client, new Uint8Array(size))
            yield* arena.goesOn
            return client
          })
        const few = yield* behind(1024)
        const many = yield* behind(12 * MiB)
        // "n" is a thousandth of "4n": any dependence on what was received would show
        yield* linear(300, (n) => drip(n === 300 ? few : many, new Uint8Array(300)))
        few.socket.resetAndDestroy()
        many.socket.resetAndDestroy()
      })
  )

  attack(
    "tungstenite CVE-2023-43669: n messages, and n headers in reads of one octet, take time in proportion",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open()
        yield* linear(20_000, (n) =>
          Effect.gen(function*() {
            const before = arena.messages.length
            yield* pour(client, repeated(text("a"), n))
            yield* until(() => arena.messages.length === before + n)
          }))
        yield* linear(300, (n) => drip(client, repeated(text("a"), n)))
      }),
    {},
    { onMessage: () => {} }
  )
})

describe("control frames", () => {
  attack(
    "curl PR 21911, ws 8.22: a ping flood of one who never reads is bounded, and does not end the connection",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open()
        client.socket.pause()
        const pings = repeated(frame(opcode.ping, "p".repeat(125)), 80_000) // 10 MiB
        const grown = yield* growth(Effect.zipRight(pour(client, pings), arena.goesOn), pings)
        expect(grown).toBeLessThan(MiB) // 64 KiB of pongs that are due, 64 KiB under way, and what Node holds
        expect(arena.opened[0]?.bufferedAmount).toBeLessThan(256 * 1024)
        expect(arena.outcomes).toEqual([])
        client.write(close(1000))
        client.socket.resume()
        let last = ""
        for (let next = yield* client.frame; next !== "close 1000"; next = yield* client.frame) last = next
        expect(last).toBe(`10 ${"p".repeat(125)}`)
        client.end()
        expect(yield* arena.outcome()).toMatchObject({ _tag: "Clean", remote: { code: 1000 } })
      })
  )

  attack("Undertow CVE-2021-3690: 200,000 control frames leave nothing behind", (arena) =>
    Effect.gen(function*() {
      const client = yield* arena.open()
      client.socket.on("data", () => {})
      const some = repeated(Buffer.concat([frame(opcode.ping, "x"), frame(opcode.pong, "y")]), 20_000)
      yield* pour(client, some) // what is kept for good is there behind the first
      const grown = yield* growth(
        Effect.gen(function*() {
          for (let i = 0; i < 5; i++) yield* pour(client, some)
          yield* arena.goesOn
        }),
        some
      )
      expect(grown).toBeLessThan(5 * MiB) // of which 800 KB are what this test has received
      expect(arena.outcomes).toEqual([])
    }))

  // A Close waits 50 ms for what is sent in answer to the messages before it.
  attack(
    "Tomcat CVE-2022-25762: send and close at once are safe, and nothing is mixed up",
    (arena) =>
      Effect.gen(function*() {
        const clients = yield* Effect.replicateEffect(arena.open(), 20)
        for (const client of clients) client.write(Buffer.concat([text("a"), text("b"), close(4000), text("never")]))
        for (const client of clients) {
          expect(yield* unlessPing(client)).toBe("text a!")
          expect(yield* unlessPing(client)).toBe("text b!")
          expect(yield* unlessPing(client)).toMatch(/^close (1000|4000)$/)
          expect(yield* client.rest).toBe("")
          client.end()
        }
        yield* arena.outcome(19)
        expect(arena.outcomes.map(({ _tag }) => _tag)).toEqual(clients.map(() => "Clean"))
      }),
    {},
    {
      onMessage: (connection, message) =>
        Effect.zipRight(
          Effect.forkDaemon(Effect.ignore(connection.ping)),
          Effect.ignore(Effect.all(
            [
              connection.send(`${message}!`),
              ...(message === "b" ? [connection.close(), Effect.delay(connection.send("late"), "1 millis")] : [])
            ],
            { concurrency: "unbounded", mode: "either" }
          ))
        )
    }
  )
})

const unlessPing = (client: RawClient): Effect.Effect<string> =>
  Effect.flatMap(client.frame, (frame) => frame.startsWith("9 ") ? unlessPing(client) : Effect.succeed(frame))
