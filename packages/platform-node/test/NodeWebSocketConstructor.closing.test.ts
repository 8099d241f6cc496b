/**
 * What the web platform's own tests say of closing (web-platform-tests, `websockets/`: `Close-*`, `Secure-Close-*`, `close-invalid`,
 * `closing-handshake/*`, `interfaces/CloseEvent/*`, `interfaces/WebSocket/close/*`), asked in our own words.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as raw from "./rawServer.js"
import { echo, life, makeClass, next, opened, schemes, serve, thrown, turns } from "./webSockets.js"

/** A Close frame of a client without its mask, as the server sees it. */
const readFrame = (octets: Buffer): Buffer => {
  const payload = octets.subarray(6)
  return payload.map((octet, i) => octet ^ (octets[2 + (i & 3)] ?? 0)) as Buffer
}

describe("close-invalid, Close-{0,NaN,null,string}, Secure-Close-{2999-reason,onlyReason,…}, Close-Reason-124Bytes", () => {
  it.scopedLive("a code is 1000 or 3000 to 4999, and a reason at most 123 bytes: in any state, and it changes nothing", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = new WebSocket(yield* serve(echo))
      const states = [socket.readyState]
      for (;;) {
        for (
          const code of [
            0,
            500,
            NaN,
            "string",
            null,
            "",
            {},
            false,
            0x10000 + 1000,
            -1000,
            Infinity,
            999,
            999.4,
            1000.6,
            1001,
            1005,
            1006,
            1009,
            1015,
            2999,
            2999.4,
            4999.5,
            5000
          ]
        ) {
          expect([code, thrown(() => socket.close(code as number, "reason"))]).toEqual([code, "InvalidAccessError"])
        }
        expect(thrown(() => socket.close("close with only a reason" as never))).toBe("InvalidAccessError")
        expect(thrown(() => socket.close(1000, "x".repeat(124)))).toBe("SyntaxError")
        expect(thrown(() => socket.close(3000, "€".repeat(42)))).toBe("SyntaxError")
        expect(thrown(() => socket.close(undefined, "x".repeat(124)))).toBe("SyntaxError")
        expect(thrown(() => socket.close(1, "x".repeat(124)))).toBe("InvalidAccessError")
        for (const wrong of [Symbol(), 1000n]) expect(thrown(() => socket.close(wrong as never))).toBe("TypeError")
        expect(thrown(() => socket.close(1000, Symbol() as never))).toBe("TypeError")
        expect(socket.readyState).toBe(states.at(-1))
        if (socket.readyState === 0) yield* opened(socket)
        else if (socket.readyState === 1) socket.close()
        else if (socket.readyState === 2) yield* next(socket, "close")
        else break
        states.push(socket.readyState)
      }
      expect(states).toEqual([0, 1, 2, 3])
    }))
})

describe.each(schemes)("over %s:", (scheme) => {
  it.scopedLive("*Close-1000*, *Close-1005*, *Close-3000*, *Close-4999*, *undefined: what the server is told", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      let heard = yield* Deferred.make<unknown>()
      const url = yield* serve(
        (connection) => Effect.flatMap(connection.outcome, ({ remote }) => Deferred.succeed(heard, remote)),
        { scheme }
      )
      const cases: Array<readonly [Array<unknown>, number, string]> = [
        [[], 1005, ""],
        [[undefined], 1005, ""],
        [[undefined, undefined], 1005, ""],
        [[undefined, "a reason needs a code"], 1000, "a reason needs a code"],
        [[1000], 1000, ""],
        [[1000, undefined], 1000, ""],
        [[1000, null], 1000, "null"],
        [["1000", 1], 1000, "1"],
        [[1000.4], 1000, ""],
        [[999.5], 1000, ""],
        [[2999.5], 3000, ""],
        [[3000, "Clean Close"], 3000, "Clean Close"],
        [[4998.5], 4998, ""],
        [[4999, "x".repeat(123)], 4999, "x".repeat(123)],
        [[1000, "a\uDC00b\uD800c\uDC00\uD800"], 1000, "a\uFFFDb\uFFFDc\uFFFD\uFFFD"],
        [[1000, "\uD801\uDC7E"], 1000, "\uD801\uDC7E"],
        [[{ valueOf: () => 3001 }, { toString: () => "text" }], 3001, "text"]
      ]
      for (const [given, code, reason] of cases) {
        const socket = yield* opened(new WebSocket(url))
        const ended = yield* Effect.fork(next(socket, "close"))
        yield* Effect.yieldNow()
        expect(Reflect.apply(socket.close, socket, given)).toBe(undefined)
        expect(socket.readyState).toBe(2)
        expect(yield* Fiber.join(ended)).toMatchObject({ code, wasClean: true })
        expect(yield* Deferred.await(heard))
          .toEqual(code === 1005 ? { _tag: "Empty" } : { _tag: "Status", code, reason })
        heard = yield* Deferred.make()
      }
    }))

  it.scopedLive("closing-handshake/002, Secure-Close-server-initiated-close, CloseEvent/*: the server closes", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const url = yield* serve(
        (connection) => Effect.flatMap(connection.receive, (message) => connection.close(Number(message), "why")),
        { scheme }
      )
      for (const code of [1000, 1001, 1009, 1011, 3000, 4999]) {
        const socket = yield* opened(new WebSocket(url))
        socket.send(`${code}`)
        expect(yield* life(socket)).toEqual({ kinds: ["close"], code, reason: "why", wasClean: true })
      }
    }))

  it.scopedLive("close/close-multiple, close-basic: closing while it connects fails it, in a later task, once", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const socket = new WebSocket(yield* serve(echo, { scheme }))
      const ended = life(socket)
      const waiting = yield* Effect.fork(ended)
      yield* Effect.yieldNow()
      for (let i = 0; i < 3; i++) {
        socket.close(3000)
        expect(socket.readyState).toBe(2)
      }
      expect(yield* Fiber.join(waiting)).toEqual({ kinds: ["error", "close"], code: 1006, reason: "", wasClean: false })
      yield* turns(5)
      expect(socket.readyState).toBe(3)
    }))
})

describe("close/006, close-connecting", () => {
  it.scopedLive("a server that does not answer is left", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const server = yield* raw.listen((socket) => void socket.resume())
      const socket = new WebSocket(server.url)
      yield* raw.until(() => server.sockets.length > 0)
      expect(socket.readyState).toBe(0)
      socket.close()
      expect(socket.readyState).toBe(2)
      expect(yield* life(socket)).toEqual({ kinds: ["error", "close"], code: 1006, reason: "", wasClean: false })
      yield* raw.until(() => server.sockets[0]?.readyState !== "open")
    }))
})

describe("6455 §7.1.5: how it ends without a proper Close", () => {
  /** Answers the request, and what the client then sends first. */
  const ending = (onFrame: (octets: Buffer, socket: raw.RawServer["sockets"][number]) => void, first = "") =>
    raw.listen((socket) =>
      raw.onRequest(socket, (head) => {
        socket.once("data", (octets) => onFrame(octets, socket))
        socket.write(Buffer.concat([Buffer.from(raw.switching(raw.acceptOf(head))), Buffer.from(first, "latin1")]))
      })
    )

  it.scopedLive("TCP is lost: error, and 1006", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const { url } = yield* ending((_, socket) => socket.destroy())
      const socket = yield* opened(new WebSocket(url))
      socket.send("x")
      const error = yield* Effect.fork(next(socket, "error"))
      expect(yield* life(socket)).toEqual({ kinds: ["error", "close"], code: 1006, reason: "", wasClean: false })
      expect(yield* Fiber.join(error)).toMatchObject({ error: { _tag: "ConnectionDropped" } })
    }))

  it.scopedLive("our Close is answered by the end of TCP: 1006, and no error, since nothing failed", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      let sent: Buffer | undefined
      const { url } = yield* ending((octets, socket) => {
        sent = octets
        socket.destroy()
      })
      const socket = yield* opened(new WebSocket(url))
      socket.close(3000, "done")
      expect(yield* life(socket)).toEqual({ kinds: ["close"], code: 1006, reason: "", wasClean: false })
      expect(sent && readFrame(sent).subarray(2).toString()).toBe("done")
    }))

  it.scopedLive("closing-handshake/004: what comes behind the server's Close is not told", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const { url } = yield* ending((_, socket) => socket.end(), "\x81\x03now\x88\x02\x03\xe8\x81\x04late")
      expect(yield* life(new WebSocket(url)))
        .toEqual({ kinds: ["open", "message", "close"], code: 1000, reason: "", wasClean: true })
    }))

  it.scopedLive("an empty Close of the server is 1005", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass()
      const { url } = yield* ending((_, socket) => socket.end(), "\x88\x00")
      expect(yield* life(new WebSocket(url)))
        .toEqual({ kinds: ["open", "close"], code: 1005, reason: "", wasClean: true })
    }))

  it.scopedLive("a message over the limit, or wrong in any other way: error, and 1006", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass({}, { maxMessageSize: 100 })
      for (
        const frame of [
          `\x81\x7e\x00\xc8${"x".repeat(200)}`,
          "\x81\x01\xff",
          "\xc1\x01x",
          "\x88\x01x",
          "\x88\x02\x03\xed"
        ]
      ) {
        const { url } = yield* ending(
          (octets, socket) => void socket.end(Buffer.from([0x88, 2, octets[6] ?? 0, 0])),
          frame
        )
        expect(yield* life(new WebSocket(url)))
          .toEqual({ kinds: ["open", "error", "close"], code: 1006, reason: "", wasClean: false })
      }
    }))
})

describe("closing behind what was sent", () => {
  it.scopedLive("all of it comes first", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass({}, { outboxSize: 10_000, outboxResume: 5_000 })
      const sizes: Array<number> = []
      const socket = yield* opened(
        new WebSocket(yield* serve((connection) => connection.run((message) => void sizes.push(message.length))))
      )
      for (let i = 0; i < 50; i++) socket.send(i % 2 === 0 ? "x".repeat(i * 100) : new Blob([new Uint8Array(i * 100)]))
      socket.close(3000)
      socket.send("late")
      expect(yield* life(socket)).toMatchObject({ code: 3000, wasClean: true })
      expect(sizes).toEqual(Array.from({ length: 50 }, (_, i) => i * 100))
    }))

  it.scoped("a peer that takes nothing is not waited for; what it did not take counts for good", () =>
    Effect.gen(function*() {
      const WebSocket = yield* makeClass({ limits: { outboxSize: 10_000, outboxResume: 5_000, keepaliveInterval: 0 } })
      const server = yield* raw.listen((socket) =>
        raw.onRequest(socket, (head) => {
          socket.pause()
          socket.write(raw.switching(raw.acceptOf(head)))
        })
      )
      const socket = yield* opened(new WebSocket(server.url))
      const size = 40_000_000
      for (let i = 0; i < 3; i++) socket.send(new Uint8Array(size))
      socket.close()
      const ended = yield* Effect.fork(life(socket))
      yield* TestClock.adjust("1 hour").pipe(
        Effect.zipRight(turns(1)),
        Effect.repeat({ until: () => socket.readyState === 3 })
      )
      expect(yield* Fiber.join(ended)).toMatchObject({ code: 1006, wasClean: false })
      expect(socket.bufferedAmount).toBeGreaterThan(2 * size)
    }))
})
