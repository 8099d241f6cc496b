/** Files up and down, with the network in memory and the files on disk. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as Files from "../src/transfer/Files.js"
import * as Transfer from "../src/transfer/Transfer.js"

const inMemory = Layer.provideMerge(
  Layer.scopedDiscard(Effect.forkScoped(Files.serve)),
  Layer.merge(WebSocketTest.layer(), NodeFileSystem.layer)
)

const server = "ws://test/"
const content = Buffer.alloc(3_000_000, "0123456789abcdef!")
const slices = (size: number) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(content.length / size) }, (_, i) => content.subarray(i * size, (i + 1) * size))
  )
const sha256 = createHash("sha256").update(content).digest("hex")
const file = { name: "numbers.txt", size: content.length }

describe("transfer", () => {
  it.scopedLive("takes a file up and down again, and tells how far it is", () =>
    Effect.gen(function*() {
      const up: Array<number> = []
      const stored = yield* Transfer.upload(server, file, slices(64 * 1024), (bytes) => up.push(bytes))
      expect(stored.sha256).toBe(sha256)
      expect(up.at(-1)).toBe(content.length)
      expect(up.every((bytes, i) => bytes > (up[i - 1] ?? 0))).toBe(true)

      const parts: Array<Uint8Array> = []
      const down: Array<number> = []
      const take = (bytes: Uint8Array) => Effect.sync(() => parts.push(bytes))
      expect(yield* Transfer.download(server, stored.id, take, (bytes) => down.push(bytes))).toEqual(file)
      expect(Buffer.concat(parts).equals(content)).toBe(true)
      expect(down.at(-1)).toBe(content.length)
    }).pipe(Effect.provide(inMemory)))

  it.scopedLive("takes it as one message, too, part by part", () =>
    Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect(`${server}upload?name=one&size=${content.length}`)
      yield* connection.sendStream("binary", slices(100_000))
      let last = ""
      yield* connection.run((message) => void (last = String(message)))
      expect(JSON.parse(last)).toMatchObject({ _tag: "Stored", sha256 })
    }).pipe(Effect.provide(inMemory)))

  it.scopedLive("sends no further ahead than the client says", () =>
    Effect.gen(function*() {
      const { id } = yield* Transfer.upload(server, file, slices(64 * 1024), () => {})
      const connection = yield* WebSocketClient.connect(`${server}download?id=${id}`)
      yield* connection.receive // which file it is
      yield* Effect.replicateEffect(connection.receive, 32)
      yield* connection.send("more")
      expect(yield* connection.receive).toBeInstanceOf(Uint8Array)
      yield* connection.close()
      expect(yield* Stream.runCount(connection.messages)).toBe(0)
    }).pipe(Effect.provide(inMemory)))

  it.scopedLive("refuses what it does not have, and closes on more than was said", () =>
    Effect.gen(function*() {
      const unknown = yield* Effect.flip(WebSocketClient.connect(`${server}download?id=x`))
      expect(unknown.reason).toMatchObject({ _tag: "Refused", status: 404 })
      const empty = yield* Effect.flip(WebSocketClient.connect(`${server}upload?name=x&size=0`))
      expect(empty.reason).toMatchObject({ _tag: "Refused", status: 400 })
      const connection = yield* WebSocketClient.connect(`${server}upload?name=x&size=10`)
      yield* connection.send(new Uint8Array(11))
      expect(yield* connection.outcome).toMatchObject({
        _tag: "Clean",
        remote: { code: 1008, reason: "11 bytes came of a file of 10" }
      })
    }).pipe(Effect.provide(inMemory)))
})
