/**
 * What the web platform's own tests say of messages (web-platform-tests, `websockets/`: `Send-*`, `Secure-Send-*`, `binary/*`,
 * `extended-payload-length`, `keeping-connection-open/*`, `interfaces/WebSocket/{send,bufferedAmount}/*`), asked in our own words.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as raw from "./rawServer.js"
import { echo, life, makeClass, next, opened, schemes, serve, thrown, turns } from "./webSockets.js"

const bytes = (data: ArrayBuffer) => [...new Uint8Array(data)]

/** What an echo gives back for each. */
const exchange = (socket: WebSocket, messages: Iterable<unknown>) =>
  Effect.forEach(messages, (message) =>
    Effect.suspend(() => {
      socket.send(message as string)
      return Effect.map(next(socket, "message"), ({ data }): unknown => data)
    }))

describe("Send-before-open, send/001 to 003", () => {
  it.scopedLive("is an InvalidStateError, once the argument is converted", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = new WebSocket(yield* serve(echo))
      for (const data of ["text", "", "a\uDC00", new Uint8Array(1), new ArrayBuffer(1), new Blob([]), 1, null]) {
        expect(thrown(() => socket.send(data as string))).toBe("InvalidStateError")
      }
      expect(thrown(() => (socket.send as () => void)())).toBe("TypeError")
      expect(thrown(() => socket.send(Symbol() as never))).toBe("TypeError")
      expect(socket.bufferedAmount).toBe(0)
    }))
})

describe.each(schemes)("over %s:", (scheme) => {
  it.scopedLive("*Send-{data,null,0byte,65K,unicode,surrogates}*, send/004 to 012, extended-payload-length: text", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo, { scheme })))
      const texts = [
        "",
        "Message to send",
        "\u00E5 a\u030A \uD801\uDC7E",
        "\0",
        ...[125, 126, 127, 65_000, 65_535, 65_536, 1_000_000].map((size) => "c".repeat(size))
      ]
      expect(yield* exchange(socket, texts)).toEqual(texts)
      expect(yield* exchange(socket, ["a\uDC00xb\uD800xc\uDC00\uD800x"])).toEqual(["a\uFFFDxb\uFFFDxc\uFFFD\uFFFDx"])
      const others = [
        null,
        undefined,
        1,
        1n,
        globalThis,
        {},
        [],
        [1, "a"],
        socket,
        () => {},
        new Error("e"),
        true,
        new Date(0)
      ]
      expect(yield* exchange(socket, others)).toEqual(others.map(String))
      expect(socket.send("text")).toBe(undefined)
      expect(thrown(() => (socket.send as () => void)())).toBe("TypeError")
    }))

  it.scopedLive("*Send-binary-*, binary/*: an ArrayBuffer or view comes back as an ArrayBuffer of its own, or as a Blob", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo, { scheme })))
      const memory = Uint8Array.from({ length: 32 }, (_, i) => i * 7).buffer
      const views: Array<ArrayBufferView | ArrayBuffer> = [
        memory,
        new ArrayBuffer(0),
        new Int8Array(memory),
        new Uint8Array(memory, 3),
        new Uint8Array(memory, 3, 5),
        new Uint8ClampedArray(memory, 1, 2),
        new Int16Array(memory, 2),
        new Uint16Array(memory, 2, 3),
        new Int32Array(memory),
        new Uint32Array(memory, 4),
        new Float32Array(memory, 8, 2),
        new Float64Array(memory, 8),
        new BigInt64Array(memory, 8, 1),
        new DataView(memory, 5, 6),
        Buffer.from("pooled memory")
      ]
      const expected = views.map((view) =>
        "buffer" in view
          ? bytes(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer)
          : bytes(view)
      )
      socket.binaryType = "arraybuffer"
      const buffers = (yield* exchange(socket, views)) as Array<ArrayBuffer>
      expect(buffers.every((one) => one instanceof ArrayBuffer)).toBe(true)
      expect(buffers.map(bytes)).toEqual(expected)
      // transferable, whatever came beside them
      expect(structuredClone(buffers, { transfer: buffers }).map(bytes)).toEqual(expected)
      expect(buffers.map((one) => one.byteLength)).toEqual(buffers.map(() => 0))
      socket.binaryType = "blob"
      const blobs = (yield* exchange(socket, views)) as Array<Blob>
      expect(blobs.every((one) => one instanceof Blob && one.type === "")).toBe(true)
      expect((yield* Effect.promise(() => Promise.all(blobs.map((one) => one.arrayBuffer())))).map(bytes)).toEqual(
        expected
      )
    }))

  it.scopedLive("*Send-binary-{65K,blob}*, binary/004, 005: large ones, and Blobs", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo, { scheme })))
      socket.binaryType = "arraybuffer"
      const large = [65_000, 65_536, 100_000, 2_000_000]
      const sent = large.flatMap((size) => [new ArrayBuffer(size), new Blob(["x".repeat(size)])])
      const came = (yield* exchange(socket, sent)) as Array<ArrayBuffer>
      expect(came.map((one) => one.byteLength)).toEqual(large.flatMap((size) => [size, size]))
      // in order with what is sent behind them
      for (const data of [new Blob(["a"]), "b", new Blob(["c"]), Uint8Array.of(100)]) socket.send(data)
      const seen: Array<string> = []
      while (seen.length < 4) {
        const { data } = yield* next(socket, "message")
        seen.push(typeof data === "string" ? data : new TextDecoder().decode(data))
      }
      expect(seen).toEqual(["a", "b", "c", "d"])
    }))
})

describe("Web IDL: BufferSource", () => {
  it.scopedLive("memory that is shared or may change its size is refused; what was transferred is empty", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo)))
      socket.binaryType = "arraybuffer"
      const shared = new SharedArrayBuffer(8)
      expect(thrown(() => socket.send(new Uint8Array(shared) as never))).toBe("TypeError")
      expect(thrown(() => socket.send(new DataView(shared) as never))).toBe("TypeError")
      const resizable = new (ArrayBuffer as new(size: number, options: object) => ArrayBuffer)(8, { maxByteLength: 16 })
      expect(thrown(() => socket.send(resizable))).toBe("TypeError")
      expect(thrown(() => socket.send(new Uint8Array(resizable)))).toBe("TypeError")
      expect(socket.bufferedAmount).toBe(0)
      expect(yield* exchange(socket, [shared])).toEqual(["[object SharedArrayBuffer]"])
      const gone = new ArrayBuffer(8)
      const views = [gone, new Uint8Array(gone, 2, 2), new Float64Array(gone), Buffer.from(gone)]
      structuredClone(gone, { transfer: [gone] })
      expect(((yield* exchange(socket, views)) as Array<ArrayBuffer>).map(bytes)).toEqual([[], [], [], []])
    }))

  it.scopedLive("what is sent is as it was then, whatever becomes of its memory", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo)))
      socket.binaryType = "arraybuffer"
      const octets = Uint8Array.of(1, 2, 3)
      socket.send(octets)
      octets.fill(9)
      structuredClone(octets.buffer, { transfer: [octets.buffer] })
      expect(bytes((yield* next(socket, "message")).data)).toEqual([1, 2, 3])
    }))

  it.scopedLive("a Blob is what it was made of, whatever a subclass says", () =>
    Effect.gen(function*() {
      class Odd extends Blob {
        override get size(): number {
          return NaN
        }
        override arrayBuffer(): Promise<ArrayBuffer> {
          return Promise.reject(new Error("no"))
        }
      }
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo)))
      socket.send(new Odd(["abc"]))
      expect(socket.bufferedAmount).toBe(3)
      const { data } = yield* next(socket, "message")
      expect(yield* Effect.promise(() => data.text())).toBe("abc")
    }))

  it.scopedLive("a Blob that cannot be read fails the connection: error, 1006, and nothing hangs", () =>
    Effect.gen(function*() {
      const folder = mkdtempSync(join(tmpdir(), "blob-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
      const file = join(folder, "file")
      writeFileSync(file, "before")
      const blob = yield* Effect.promise(() => openAsBlob(file))
      writeFileSync(file, "another length")
      const WebSocket = yield* makeClass()
      const told = yield* Deferred.make<unknown>()
      const url = yield* serve((connection) =>
        Effect.intoDeferred(Effect.map(connection.outcome, ({ remote }) => remote), told)
      )
      const socket = yield* opened(new WebSocket(url))
      socket.send(blob)
      socket.send("behind it")
      socket.close(3000)
      expect(yield* life(socket)).toEqual({ kinds: ["error", "close"], code: 1006, reason: "", wasClean: false })
      expect(yield* Deferred.await(told)).toMatchObject({ code: 1011 })
      expect(socket.bufferedAmount).toBe(6 + 9)
    }))
})

describe("bufferedAmount/*", () => {
  it.scopedLive("counts bytes of messages as they are sent, and takes off what has left in a later turn", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo)))
      let sum = 0
      const sent: Array<readonly [string | ArrayBuffer | Blob | ArrayBufferView, number]> = [
        ["x", 1],
        ["\u00E5", 2],
        ["\u5336", 3],
        ["\uD801\uDC7E", 4],
        ["\uD800", 3],
        ["", 0],
        [new ArrayBuffer(10), 10],
        [new Uint16Array(10).subarray(2, 5), 6],
        [new Blob(["12345"]), 5],
        ["x".repeat(65_000), 65_000],
        [new Uint8Array(300_000), 300_000]
      ]
      for (const [data, size] of sent) {
        socket.send(data as string)
        expect(socket.bufferedAmount).toBe(sum += size)
      }
      yield* Effect.promise(() => Promise.resolve())
      expect(socket.bufferedAmount).toBe(sum)
      for (let i = 0; i < sent.length; i++) yield* next(socket, "message")
      expect(socket.bufferedAmount).toBe(0)
    }))

  it.scopedLive("what has left does not count, though nobody asked before", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo)))
      yield* exchange(socket, ["12345", new ArrayBuffer(100)])
      socket.send("x")
      expect(socket.bufferedAmount).toBe(1)
    }))

  it.scopedLive("bufferedAmount/defineProperty, close: what is sent too late counts for good", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = yield* opened(new WebSocket(yield* serve(echo)))
      socket.close()
      socket.send("12345")
      expect(socket.bufferedAmount).toBe(5)
      yield* next(socket, "close")
      expect(socket.bufferedAmount).toBe(5)
      socket.send(new Blob(["\u00E5"]))
      socket.send(new ArrayBuffer(3))
      yield* turns(2)
      expect(socket.bufferedAmount).toBe(10)
      const refused = new WebSocket("ws://127.0.0.1:1/")
      yield* next(refused, "close")
      refused.send("abc")
      expect(refused.bufferedAmount).toBe(3)
    }))

  it.scopedLive("what a peer did not take when the connection was lost counts for good", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const server = yield* raw.listen((socket) =>
        raw.onRequest(socket, (head) => {
          socket.pause()
          socket.write(raw.switching(raw.acceptOf(head)))
        })
      )
      const socket = yield* opened(new WebSocket(server.url))
      for (let i = 0; i < 20; i++) socket.send(new Uint8Array(1_000_000))
      expect(socket.bufferedAmount).toBe(20_000_000)
      yield* turns(5)
      const before = socket.bufferedAmount
      expect(before).toBeGreaterThan(1_000_000)
      server.sockets[0]?.destroy()
      yield* next(socket, "close")
      const after = socket.bufferedAmount
      expect(after).toBeGreaterThan(1_000_000)
      expect(after).toBeLessThanOrEqual(before)
      yield* turns(5)
      expect(socket.bufferedAmount).toBe(after)
    }))
})
