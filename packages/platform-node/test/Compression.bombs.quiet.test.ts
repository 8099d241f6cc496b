/** What bombs cost in memory, of a hostile client that compresses: docs/reference/security.md names the tests of this file. */
import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Effect from "effect/Effect"
import { compressed, echo, gone, opened, quietly, serve } from "./compressing.js"
import { peakMemory, zeros } from "./memory.js"
import { frame } from "./rawClient.js"

const kib = 1024
const mib = 1024 * kib

describe("bombs", () => {
  it.scopedLive("of 1 KiB for 1 MiB, and of 1 MiB for 1 GiB, cost no more memory than the limit", () =>
    Effect.gen(function*() {
      const limit = mib
      const { to } = yield* echo({ limits: { maxMessageSize: limit } })
      for (const size of [2 * mib, kib * mib]) {
        const octets = compressed(zeros(size), Frame.opcode.binary)
        const client = yield* opened(to)
        const peak = yield* peakMemory("all")
        client.write(octets)
        expect(yield* client.frame).toBe("close 1009")
        expect(peak() / mib).toBeLessThan(2 * limit / mib + 2) // the message, and what of it is read at a time
        yield* gone(client)
      }
    }).pipe(quietly))

  it.scopedLive("in fragments, each of them small, too", () =>
    Effect.gen(function*() {
      const { to } = yield* echo({ limits: { maxMessageSize: mib } })
      const octets = zeros(64 * mib)
      const client = yield* opened(to)
      const peak = yield* peakMemory("all")
      client.write(compressed(octets.subarray(0, 100), Frame.opcode.binary, false))
      for (let from = 100; from < 20_000; from += 100) {
        client.write(
          frame(Frame.opcode.continuation, octets.subarray(from, from + 100)).map((octet, i) => i === 0 ? 0 : octet)
        )
      }
      expect(yield* client.frame).toBe("close 1009")
      expect(peak() / mib).toBeLessThan(4)
      yield* gone(client)
    }).pipe(quietly))

  it.scopedLive("in many messages, which nobody reads, are inflated no further than the inbox has room", () =>
    Effect.gen(function*() {
      const { server, to } = yield* serve({ limits: { maxMessageSize: 4 * mib, inboxSize: mib } })
      yield* Effect.forkScoped(server.serve(() => Effect.never))
      const client = yield* opened(to)
      const peak = yield* peakMemory("all")
      const message = compressed(zeros(2 * mib), Frame.opcode.binary)
      for (let i = 0; i < 200; i++) client.write(message)
      yield* Effect.sleep("300 millis")
      expect(peak() / mib).toBeLessThan(16)
    }).pipe(quietly))
})
