/** What the frames of a client may do to a server: docs/reference/security.md names the tests of this file. */
import { describe, expect } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import { close } from "../rawClient.js"
import { until } from "../rawServer.js"
import { attack, binary, continuation, declaring, frame, pour, repeated, text } from "./arena.js"

const MiB = 1024 * 1024
const { opcode } = Frame
const one = Uint8Array.of(0x61)

describe("lengths", () => {
  const lengths: ReadonlyArray<readonly [string, Uint8Array, rule: string, code: number]> = [
    ["2^31", declaring(2 ** 31), "MessageTooBig", 1009],
    ["2^32 - 1", declaring(2 ** 32 - 1), "MessageTooBig", 1009],
    ["2^53 - 1", declaring(2 ** 53 - 1), "MessageTooBig", 1009],
    ["2^53", raw("82ff0020000000000000"), "MessageTooBig", 1009],
    ["2^62", raw("82ff4000000000000000"), "MessageTooBig", 1009],
    ["the top bit", raw("82ff8000000000000000"), "LengthTopBit", 1002],
    ["all bits", raw("82ffffffffffffffffff"), "LengthTopBit", 1002],
    ["a ping of 126", raw("89fe007e"), "ControlTooLong", 1002],
    ["a Close of 2^63", raw("88ff8000000000000000"), "ControlTooLong", 1002],
    ["5 in 16 bits", raw("82fe0005"), "LengthNotMinimal", 1002],
    ["5 in 64 bits", raw("82ff0000000000000005"), "LengthNotMinimal", 1002]
  ]
  for (const [name, octets, rule, code] of lengths) {
    attack(
      `undici CVE-2026-1528, gorilla CVE-2020-27813, Tomcat CVE-2020-13935: a length of ${name} fails at the header`,
      (arena) =>
        Effect.gen(function*() {
          const client = yield* arena.open()
          client.write(octets) // and never its payload
          expect(yield* client.frame).toBe(`close ${code}`)
          client.end()
          expect(yield* arena.outcome()).toMatchObject({ _tag: "Failed", failure: { rule }, local: { code } })
        })
    )
  }

  attack(
    "websocket-driver CVE-2026-54466: fragments whose lengths add up to more than 2^53 fail at the header",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open()
        client.write(binary(one, { fin: false }))
        client.write(raw("80ff001fffffffffffff"))
        expect(yield* client.frame).toBe("close 1009")
        client.end()
        expect(yield* arena.outcome()).toMatchObject({ _tag: "Failed", failure: { rule: "MessageTooBig" } })
      })
  )
})

describe("reserved bits and opcodes", () => {
  attack(
    "Jetty CVE-2026-19204: a bad opcode is refused by its first two octets",
    (arena) =>
      Effect.gen(function*() {
        for (const [index, bad] of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].entries()) {
          const client = yield* arena.open()
          client.write(Uint8Array.of(0x80 | bad, 0xff))
          expect(yield* client.frame).toBe("close 1002")
          client.end()
          expect(yield* arena.outcome(index)).toMatchObject({ _tag: "Failed", failure: { rule: "ReservedOpcode" } })
        }
      })
  )

  attack(
    "aiohttp CVE-2026-59881: RSV1 without negotiation fails, and so does every other reserved bit",
    (arena) =>
      Effect.gen(function*() {
        for (const rsv of [4, 1, 2, 3, 5, 6, 7]) {
          const client = yield* arena.open()
          client.write(text("hello", { rsv }).subarray(0, 2))
          expect(yield* client.frame).toBe("close 1002")
          client.end()
        }
        yield* arena.outcome(6)
        for (const outcome of arena.outcomes) {
          expect(outcome).toMatchObject({ _tag: "Failed", failure: { rule: "ReservedBits" } })
        }
        expect(arena.messages).toEqual([])
      })
  )
})

describe("fragments", () => {
  attack(
    "daphne CVE-2026-44545, Netty CVE-2014-0193, Java-WebSocket #1508: 16 MiB are the limit by default, continuations included",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open()
        const part = new Uint8Array(MiB)
        yield* pour(client, binary(part, { fin: false }))
        for (let i = 1; i < 16; i++) yield* pour(client, continuation(part, { fin: false }))
        client.write(continuation(one, { fin: false }).subarray(0, 2)) // one octet more, and its header is enough
        client.write(continuation(one, { fin: false }).subarray(2, 6))
        expect(yield* client.frame).toBe("close 1009")
        client.end()
        expect(yield* arena.outcome()).toMatchObject({ _tag: "Failed", failure: { rule: "MessageTooBig" } })
        expect(arena.messages).toEqual([])
      })
  )

  for (const size of [0, 1]) {
    const maxMessageSize = 64 * 1024 + size * MiB
    attack(
      `ws CVE-2026-48779, #2331, undici CVE-2026-12151: fragments of ${size} are charged 16 octets more each: 1009 in the end`,
      (arena) =>
        Effect.gen(function*() {
          const client = yield* arena.open()
          client.write(binary(one, { fin: false }))
          const enough = Math.ceil((maxMessageSize + MiB) / (16 + size))
          const octets = repeated(continuation(one.subarray(0, size), { fin: false }), enough - 100)
          yield* pour(client, octets)
          yield* arena.goesOn
          expect(arena.outcomes).toEqual([])
          yield* pour(client, octets.subarray(0, 200 * (6 + size)))
          expect(yield* client.frame).toBe("close 1009")
          client.end()
          expect(yield* arena.outcome()).toMatchObject({ _tag: "Failed", failure: { rule: "MessageTooBig" } })
        }),
      { limits: { maxMessageSize } }
    )
  }
})

describe("control frames", () => {
  attack(
    "curl PR 21911, ws 8.22: every ping of a flood is answered to one who reads, in order",
    (arena) =>
      Effect.gen(function*() {
        const client = yield* arena.open()
        const pings = Array.from({ length: 20_000 }, (_, i) => frame(opcode.ping, String(i)))
        yield* Effect.fork(pour(client, Buffer.concat(pings)))
        for (let i = 0; i < 20_000; i++) expect(yield* client.frame).toBe(`10 ${i}`)
        client.write(text("still here"))
        expect(yield* client.frame).toBe("text still here")
      })
  )

  attack(
    "Tomcat CVE-2024-23672: a peer that never ends the stream, nor answers a Close, is dropped by a timer",
    (arena) =>
      Effect.gen(function*() {
        const answers = yield* arena.open()
        answers.write(close(1000)) // and then nothing, not even FIN
        const silent = yield* arena.open()
        silent.write(text("close"))
        const illegal = yield* arena.open()
        illegal.write(frame(3))
        yield* arena.outcome(2)
        for (const client of [answers, silent, illegal]) {
          yield* until(() => {
            client.write("anybody?") // nobody: a reset
            return client.closed
          })
        }
        expect(arena.outcomes.map(({ _tag }) => _tag).sort()).toEqual(["Clean", "CloseTimeout", "Failed"])
      }),
    { limits: { closeTimeout: 200, dropTimeout: 100 } },
    {
      onMessage: (connection) => Effect.asVoid(connection.close())
    }
  )
})

/** And a mask of zeros. */
function raw(digits: string): Uint8Array {
  return Buffer.from(`${digits}00000000`, "hex")
}
