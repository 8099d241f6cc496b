import { describe, expect, it } from "@effect/vitest"
import type { Agreed, WindowBits } from "@effect-ws/codec/PermessageDeflate"
import type { Answer, Compression } from "@effect-ws/connection/Compression"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"

const takeover: Agreed = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15
}
const noTakeover: Agreed = { ...takeover, serverNoContextTakeover: true, clientNoContextTakeover: true }

const value = <A>(answer: Answer<A>): Promise<A> =>
  answer._tag === "Now" ? Promise.resolve(answer.value) : new Promise((resolve) => answer.listen(resolve))

const inflated = async (compression: Compression, payload: Uint8Array, limit = Infinity) => {
  const result = await value(compression.inflate(payload, true, limit))
  return result._tag === "Inflated" ? Buffer.concat(result.parts).toString("latin1") : result._tag
}

const text = (size: number, seed: number): Buffer => {
  const words = ["alpha ", "beta ", "gamma ", "delta\n", "épsilon "]
  let all = ""
  for (let state = seed; all.length < size;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    all += words[state % 5] ?? ""
  }
  return Buffer.from(all.slice(0, size), "latin1")
}

const pairs = (agreed: Agreed) => [NodeDeflate.server().open(agreed), NodeDeflate.client().open(agreed)] as const

describe("NodeDeflate", () => {
  for (const [name, agreed] of Object.entries({ takeover, noTakeover })) {
    it.effect(`gives back what it was given, ${name}`, () =>
      Effect.promise(async () => {
        const [server, client] = pairs(agreed)
        for (const size of [0, 1, 20, 128, 1000, 8192, 40_000, 300_000, 70, 100_000, 5]) {
          const octets = text(size, size + 1)
          const payload = await value(server.deflate(octets, true))
          expect(await inflated(client, payload)).toBe(octets.toString("latin1"))
        }
        server.free()
        client.free()
      }))
  }

  for (const bits of [8, 9, 10, 12, 15] as ReadonlyArray<WindowBits>) {
    it.effect(`a window of ${bits} bits`, () =>
      Effect.promise(async () => {
        const [server, client] = pairs({ ...takeover, serverMaxWindowBits: bits })
        for (let i = 0; i < 20; i++) {
          const octets = text(700 * i, 7)
          expect(await inflated(client, await value(server.deflate(octets, true)))).toBe(octets.toString("latin1"))
        }
      }))
  }

  it.effect("fragments of a message, split anywhere", () =>
    Effect.promise(async () => {
      const [server, client] = pairs(takeover)
      const octets = text(500, 3)
      const fragments = await Promise.all([
        value(server.deflate(octets.subarray(0, 100), false)),
        value(server.deflate(octets.subarray(100, 100), false)),
        value(server.deflate(octets.subarray(100), false)),
        value(server.deflate(new Uint8Array(0), true))
      ])
      const payload = Buffer.concat(fragments)
      const parts: Array<Uint8Array> = []
      for (let i = 0; i < payload.length; i++) {
        const result = await value(client.inflate(payload.subarray(i, i + 1), i === payload.length - 1, Infinity))
        if (result._tag === "Inflated") parts.push(...result.parts)
      }
      expect(Buffer.concat(parts).toString("latin1")).toBe(octets.toString("latin1"))
    }))

  it.effect("a block with BFINAL ends neither message nor context", () =>
    Effect.promise(async () => {
      const [, client] = pairs(takeover)
      const first = text(3000, 1)
      const final = Zlib.deflateRawSync(first)
      expect(await inflated(client, Buffer.concat([final, Buffer.of(0)]))).toBe(first.toString("latin1"))
      // the next message refers to the first
      const second = Zlib.deflateRawSync(first, { dictionary: first, finishFlush: Zlib.constants.Z_SYNC_FLUSH })
      expect(second.length).toBeLessThan(100)
      expect(await inflated(client, second.subarray(0, -4))).toBe(first.toString("latin1"))
      // without the octet that should follow it, and twice in one message
      const again = Zlib.deflateRawSync(first, { dictionary: first })
      expect(await inflated(client, Buffer.concat([again, again]))).toBe(first.toString("latin1").repeat(2))
      // a stream for each two octets is no way to send
      expect(await inflated(client, Buffer.from("0300".repeat(1000), "hex"))).toBe("Invalid")
    }))

  it.effect("what is no deflate data, or not all of it, is found", () =>
    Effect.promise(async () => {
      const whole = Zlib.deflateRawSync(text(3000, 1), { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)
      const results: Array<string> = []
      for (let size = 0; size < whole.length; size++) {
        results.push(await inflated(pairs(takeover)[1], whole.subarray(0, size)))
      }
      expect(new Set(results)).toEqual(new Set(["Invalid"]))
      expect(await inflated(pairs(takeover)[1], whole)).toBe(text(3000, 1).toString("latin1"))
      expect(await inflated(pairs(takeover)[1], Buffer.from("ffffffff", "hex"))).toBe("Invalid")
      expect(await inflated(pairs(takeover)[1], Buffer.alloc(20_000, 0xff))).toBe("Invalid")
    }))

  it.effect("never inflates past the limit", () =>
    Effect.promise(async () => {
      const bomb = Zlib.deflateRawSync(Buffer.alloc(10_000_000)).subarray(0, 5000)
      expect(await inflated(pairs(takeover)[1], bomb, 1000)).toBe("TooBig")
      const large = Zlib.deflateRawSync(Buffer.alloc(10_000_000))
      expect(large.length).toBeGreaterThan(NodeDeflate.defaults.inflateLaterFrom)
      expect(await inflated(pairs(takeover)[1], large, 1000)).toBe("TooBig")
    }))
})
