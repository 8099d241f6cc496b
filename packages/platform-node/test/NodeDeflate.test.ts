import { describe, expect, it } from "@effect/vitest"
import type { Agreed, WindowBits } from "@effect-ws/codec/PermessageDeflate"
import type { Answer, Compression } from "@effect-ws/connection/host/Compression"
import type { InflateResult } from "@effect-ws/connection/host/Compression"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"
import { tracked } from "./contexts.js"

const takeover: Agreed = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15
}
const noTakeover: Agreed = { ...takeover, serverNoContextTakeover: true, clientNoContextTakeover: true }

const value = <A>(answer: Answer<A>): Promise<A> =>
  answer._tag === "Now"
    ? Promise.resolve(answer.value)
    : new Promise((resolve, reject) => answer.listen(resolve, reject))

/** Octets answered now are lent: so they are copied at once. */
const deflated = (compression: Compression, octets: Uint8Array, last = true): Promise<Uint8Array> => {
  const answer = compression.deflate(octets, last)
  return answer._tag === "Now" ? Promise.resolve(answer.value.slice()) : value(answer)
}

const inflated = async (compression: Compression, payload: Uint8Array, limit = Infinity) => {
  const answer = compression.inflate(payload, true, limit)
  const text = (result: InflateResult) =>
    result._tag === "Inflated" ? Buffer.concat(result.parts).toString("latin1") : result._tag
  return answer._tag === "Now" ? text(answer.value) : text(await value(answer))
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
          const payload = await deflated(server, octets)
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
          expect(await inflated(client, await deflated(server, octets))).toBe(octets.toString("latin1"))
        }
      }))
  }

  it.effect("fragments of a message, split anywhere", () =>
    Effect.promise(async () => {
      const [server, client] = pairs(takeover)
      const octets = text(500, 3)
      const fragments = await Promise.all([
        deflated(server, octets.subarray(0, 100), false),
        deflated(server, octets.subarray(100, 100), false),
        deflated(server, octets.subarray(100), false),
        deflated(server, new Uint8Array(0))
      ])
      const payload = Buffer.concat(fragments)
      const parts: Array<Uint8Array> = []
      for (let i = 0; i < payload.length; i++) {
        const result = await value(client.inflate(payload.subarray(i, i + 1), i === payload.length - 1, Infinity))
        if (result._tag === "Inflated") parts.push(Buffer.concat(result.parts))
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
      for (let size = 1; size < whole.length; size++) {
        results.push(await inflated(pairs(takeover)[1], whole.subarray(0, size)))
      }
      expect(new Set(results)).toEqual(new Set(["Invalid"]))
      expect(await inflated(pairs(takeover)[1], whole)).toBe(text(3000, 1).toString("latin1"))
      expect(await inflated(pairs(takeover)[1], Buffer.from("ffffffff", "hex"))).toBe("Invalid")
      expect(await inflated(pairs(takeover)[1], Buffer.alloc(20_000, 0xff))).toBe("Invalid")
    }))

  it.effect("never inflates past the limit, in this turn or later", () =>
    Effect.promise(async () => {
      const bomb = Zlib.deflateRawSync(Buffer.alloc(10_000_000)).subarray(0, 5000)
      expect(await inflated(pairs(takeover)[1], bomb, 1000)).toBe("TooBig")
      expect(await inflated(pairs(takeover)[1], bomb, NodeDeflate.defaults.inflateLaterFrom * 2)).toBe("TooBig")
      const whole = Zlib.deflateRawSync(Buffer.alloc(10_000_000))
      expect(await inflated(pairs(takeover)[1], whole, 9_999_999)).toBe("TooBig")
      expect(await inflated(pairs(takeover)[1], whole, 10_000_000)).toHaveLength(10_000_000)
    }))

  it.effect("inflates what makes much on the thread pool, blocks with BFINAL and garbage behind it included", () =>
    Effect.promise(async () => {
      const [, client] = pairs(takeover)
      const much = Buffer.alloc(1_000_000, "much ")
      const final = Zlib.deflateRawSync(much)
      const twice = client.inflate(Buffer.concat([final, final, Buffer.of(0)]), true, Infinity)
      expect(twice._tag).toBe("Later")
      const result = await value(twice)
      expect(result._tag === "Inflated" && Buffer.concat(result.parts).equals(Buffer.concat([much, much]))).toBe(true)
      // the context went on
      const again = Zlib.deflateRawSync(much, {
        dictionary: much.subarray(-32768),
        finishFlush: Zlib.constants.Z_SYNC_FLUSH
      })
      expect(await inflated(client, again.subarray(0, -4))).toBe(much.toString())
      expect(await inflated(client, Buffer.concat([again.subarray(0, -4), Buffer.of(0x06)]))).toBe("Invalid")
    }))

  it.effect("what was inflated stays, whatever is inflated and deflated before the rest of its message", () =>
    Effect.promise(async () => {
      const client = NodeDeflate.client({ inflateLaterFrom: 10_000 })
      const [first, second] = [text(3000, 1), text(20_000, 2)]
      // a stream of its own each, in this turn
      const ended = Buffer.concat([Zlib.deflateRawSync(first), Zlib.deflateRawSync(second.subarray(0, 3000))])
      expect(await inflated(client.open(takeover), Buffer.concat([ended, Buffer.of(0)]))).toBe(
        first.toString("latin1") + second.toString("latin1", 0, 3000)
      )
      // begun in this turn, ended in another
      const begun = client.open(takeover).inflate(Zlib.deflateRawSync(second), true, Infinity)
      expect(begun._tag).toBe("Later")
      expect(await inflated(client.open(takeover), Zlib.deflateRawSync(first))).toBe(first.toString("latin1"))
      const result = await value(begun)
      expect(result._tag === "Inflated" && Buffer.concat(result.parts).equals(second)).toBe(true)
    }))

  it.effect("lends only what fills less than half of its memory", () =>
    Effect.promise(async () => {
      const client = NodeDeflate.client({ inflateLaterFrom: Infinity })
      for (const size of [100_000, 131_072, 200_000, 262_144, 300_000, 600_000]) {
        const octets = Buffer.alloc(size, "kept.")
        const payload = Zlib.deflateRawSync(octets, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)
        const answer = client.open(takeover).inflate(payload, true, Infinity)
        const parts = answer._tag === "Now" && answer.value._tag === "Inflated" ? answer.value.parts : []
        const kept = parts.map((part) => part.length * 2 >= part.buffer.byteLength ? part : part.slice())
        await inflated(client.open(takeover), Zlib.deflateRawSync(Buffer.alloc(262_144)))
        expect(Buffer.concat(kept).equals(octets), String(size)).toBe(true)
      }
    }))

  it.effect("deflates with the smaller one of the window that was agreed on and its own", () =>
    Effect.promise(async () => {
      let state = 1
      const far = Uint8Array.from(
        { length: 20_000 },
        () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24
      )
      const sizes = async (windowBits: WindowBits, agreed: WindowBits) => {
        const server = NodeDeflate.server({ windowBits }).open({ ...takeover, serverMaxWindowBits: agreed })
        await deflated(server, far)
        return (await deflated(server, far)).length
      }
      const [narrow, wide, agreed, both] = [
        await sizes(13, 15),
        await sizes(15, 15),
        await sizes(15, 13),
        await sizes(8, 8)
      ]
      expect(wide).toBeLessThan(200)
      expect(narrow).toBeGreaterThan(1000)
      expect(agreed).toBe(narrow)
      expect(both).toBeGreaterThan(narrow)
    }))

  it.effect("a last block with BFINAL may be the empty stored one whose length is the tail", () =>
    Effect.promise(async () => {
      const [, client] = pairs(takeover)
      expect(await inflated(client, Buffer.of(0x01))).toBe("")
      expect(await inflated(client, Buffer.of(0x00, 0x01, 0x00, 0xfe, 0xff, 0x61, 0x01))).toBe("a")
      expect(await inflated(client, Buffer.of(0x00))).toBe("")
    }))

  it.effect("without takeover, nobody can refer to what another connection was sent", () =>
    Effect.promise(async () => {
      const layer = NodeDeflate.server()
      const secret = text(3000, 9)
      const prying = Zlib.deflateRawSync(secret, { dictionary: secret, finishFlush: Zlib.constants.Z_SYNC_FLUSH })
      const plain = Zlib.deflateRawSync(secret, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)
      // as the only block, and ended amid the message, so that another stream begins with it
      for (const message of [plain, Buffer.concat([Zlib.deflateRawSync(secret), Buffer.of(0)])]) {
        expect(await inflated(layer.open(noTakeover), message)).toBe(secret.toString("latin1"))
        expect(await inflated(layer.open(noTakeover), prying.subarray(0, -4))).toBe("Invalid")
      }
      // a context that failed is not given to the next
      expect(await inflated(layer.open(noTakeover), plain)).toBe(secret.toString("latin1"))
    }))

  it.effect("without takeover, messages of several connections may be under way at once", () =>
    Effect.promise(async () => {
      const [servers, clients] = [NodeDeflate.server(), NodeDeflate.client()]
      const ends = Array.from({ length: 9 }, () => [servers.open(noTakeover), clients.open(noTakeover)] as const)
      const parts = [text(900, 1), text(50_000, 2), text(10, 3)]
      const seen = ends.map((): Array<Uint8Array> => [])
      for (const [i, part] of parts.entries()) {
        for (const [j, [server, client]] of ends.entries()) {
          const last = i === parts.length - 1
          const payload = await deflated(server, part, last)
          for (let from = 0; from < payload.length; from += 1000) {
            const to = Math.min(payload.length, from + 1000)
            const result = await value(
              client.inflate(payload.subarray(from, to), last && to === payload.length, Infinity)
            )
            if (result._tag === "Inflated") seen[j]?.push(Buffer.concat(result.parts))
          }
        }
      }
      for (const octets of seen) expect(Buffer.concat(octets).equals(Buffer.concat(parts))).toBe(true)
    }))
})

describe("deflaters that are shared", () => {
  const sizes = [0, 1, 100, 1000, 20_000, 40_000, 300_000]
  const sharedOf = (compression: Compression) => {
    if (compression.shared === undefined) throw new Error("nothing is shared")
    return compression.shared
  }

  it.effect("make of each message the same octets as the connection would", () =>
    Effect.promise(async () => {
      for (const windowBits of [9, 13, 15] as ReadonlyArray<WindowBits>) {
        const layer = NodeDeflate.server({ windowBits, level: 6 })
        const [compression, client] = [layer.open(noTakeover), NodeDeflate.client().open(noTakeover)]
        const shared = sharedOf(compression)
        for (const size of sizes) {
          const octets = text(size, size + 1)
          const whole = await deflated({ ...compression, deflate: shared.deflate }, octets)
          expect(Buffer.compare(whole, await deflated(layer.open(noTakeover), octets)), String(size)).toBe(0)
          expect(await inflated(client, whole)).toBe(octets.toString("latin1"))
        }
      }
    }))

  it("are the same where layer and window are, for the side that takes over nothing", () => {
    const layer = NodeDeflate.server()
    const onlyOurs: Agreed = { ...takeover, serverNoContextTakeover: true }
    const shared = sharedOf(layer.open(noTakeover))
    expect(layer.open(onlyOurs).shared).toBe(shared)
    expect(layer.open({ ...noTakeover, serverMaxWindowBits: 14 }).shared).toBe(shared) // 13 is what it deflates with
    expect(layer.open({ ...noTakeover, serverMaxWindowBits: 10 }).shared).not.toBe(shared)
    expect(layer.open({ ...noTakeover, serverMaxWindowBits: 8 }).shared).toBe(
      layer.open({ ...noTakeover, serverMaxWindowBits: 9 }).shared
    )
    expect(NodeDeflate.server().open(noTakeover).shared).not.toBe(shared)
    expect(layer.open(takeover).shared).toBeUndefined()
    expect(layer.open({ ...takeover, clientNoContextTakeover: true }).shared).toBeUndefined()
    expect(NodeDeflate.client().open(onlyOurs).shared).toBeUndefined()
    expect(NodeDeflate.client().open({ ...takeover, clientNoContextTakeover: true }).shared).toBeDefined()
  })

  it.effect("may be used with takeover, if told so and if contexts begin anew behind each message", () =>
    Effect.promise(async () => {
      for (const restarts of [true, false]) {
        const [server, client] = [
          NodeDeflate.server({ prepared: "once" }).open(takeover),
          NodeDeflate.client().open(takeover)
        ]
        const heard: Array<string> = []
        const sent: Array<string> = []
        const sendOwn = async (octets: Buffer) => {
          sent.push(octets.toString("latin1"))
          heard.push(await inflated(client, await deflated(server, octets)))
        }
        for (let i = 0; i < 5; i++) {
          await sendOwn(text(2000, i))
          await sendOwn(text(2000, i)) // refers to the one before
          if (restarts) server.restart?.()
          const prepared = text(3000, 50 + i)
          sent.push(prepared.toString("latin1"))
          heard.push(await inflated(client, await deflated({ ...server, deflate: sharedOf(server).deflate }, prepared)))
        }
        expect(heard.every((message, i) => message === sent[i])).toBe(restarts)
      }
    }))

  it.scoped("work for several at once, and go on when the connection that asked is gone", () =>
    Effect.gen(function*() {
      const contexts = yield* tracked
      const layer = NodeDeflate.server()
      const compression = layer.open(noTakeover)
      const shared = sharedOf(compression)
      const messages = [text(300_000, 1), text(50_000, 2), text(40_000, 3)]
      const answers = messages.map((octets) => value(shared.deflate(octets)))
      compression.free()
      const payloads = yield* Effect.promise(() => Promise.all(answers))
      expect(contexts.all).toHaveLength(3)
      const sync = { finishFlush: Zlib.constants.Z_SYNC_FLUSH }
      expect(payloads.map((payload) => Zlib.inflateRawSync(payload, sync).equals(messages.shift() ?? text(0, 0))))
        .toEqual([true, true, true])
    }))
})

describe("contexts", () => {
  it.scoped("are made when they are needed, shared without takeover, and closed with the connection", () =>
    Effect.gen(function*() {
      const contexts = yield* tracked
      const layer = NodeDeflate.server()
      const idle = Array.from({ length: 50 }, (_, i) => layer.open(i % 2 === 0 ? takeover : noTakeover))
      expect(contexts.all).toHaveLength(0)
      for (const compression of idle) {
        const payload = yield* Effect.promise(() => deflated(compression, text(500, 1)))
        yield* Effect.promise(() => value(compression.inflate(payload, true, 1000)))
      }
      expect(contexts.open()).toHaveLength(25 * 2 + 2)
      for (const compression of idle) compression.free()
      expect(contexts.open()).toHaveLength(2)
    }))

  it.scoped("of messages that are under way are closed at once, and their answers never come", () =>
    Effect.gen(function*() {
      const contexts = yield* tracked
      const much = text(3_000_000, 1)
      const bomb = Zlib.deflateRawSync(Buffer.alloc(10_000_000))
      let answers = 0
      const count = () => void answers++
      for (const agreed of [takeover, noTakeover]) {
        const compression = NodeDeflate.server().open(agreed)
        const deflating = compression.deflate(much, true)
        const inflating = compression.inflate(bomb, true, Infinity)
        expect([deflating._tag, inflating._tag]).toEqual(["Later", "Later"])
        if (deflating._tag === "Later") deflating.listen(count, count)
        if (inflating._tag === "Later") inflating.listen(count, count)
        compression.free()
        expect(compression.deflate(text(500, 1), true)._tag).toBe("Later") // and stays without an answer
      }
      expect(contexts.open()).toHaveLength(0)
      // the thread pool works in order: behind this, what was under way has ended
      yield* Effect.promise(() => value(NodeDeflate.server().open(takeover).deflate(much, true)))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      expect(answers).toBe(0)
    }))

  it.scoped("that work on the thread pool do so in large pieces", () =>
    Effect.gen(function*() {
      const contexts = yield* tracked
      const much = text(1_000_000, 1)
      const compression = NodeDeflate.server({ level: 1 }).open(takeover)
      const deflating = compression.deflate(much, true)
      let pieces = 0
      for (const context of contexts.all) context.on("data", () => pieces++)
      expect((yield* Effect.promise(() => value(deflating))).length).toBeGreaterThan(1000)
      expect(pieces).toBeGreaterThan(0)
      expect(pieces).toBeLessThan(10)
      compression.free()
    }))

  it.scoped("that fail are closed", () =>
    Effect.gen(function*() {
      const contexts = yield* tracked
      const garbage = [Buffer.alloc(2000, 0xff), Zlib.deflateRawSync(Buffer.alloc(10_000_000))]
      for (const agreed of [takeover, noTakeover]) {
        for (const payload of garbage) {
          const compression = NodeDeflate.server().open(agreed)
          expect(["Invalid", "TooBig"]).toContain(
            yield* Effect.promise(() => inflated(compression, payload, 1_000_000))
          )
          compression.free()
        }
      }
      expect(contexts.open()).toHaveLength(0)
    }))
})
