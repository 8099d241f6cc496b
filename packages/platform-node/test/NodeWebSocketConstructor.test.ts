import * as Socket from "@effect/platform/Socket"
import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import type { Limits } from "@effect-ws/connection/Limits"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"

const echo = (connection: Connection) => connection.run((message) => connection.send(message))

const serve = (handler: (connection: Connection) => Effect.Effect<unknown, unknown>, limits: Partial<Limits> = {}) =>
  Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: "100 millis", limits })
    yield* Effect.forkScoped(server.serve({
      accept: ({ subprotocols }) => Effect.succeed({ value: undefined, subprotocol: subprotocols[0] }),
      handler
    }))
    return `ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}/`
  })

const make = (options: NodeWebSocketConstructor.Options = {}, limits: Partial<Limits> = {}) =>
  Effect.gen(function*() {
    const client = yield* NodeWebSocketClient.make({ limits, linger: "100 millis" })
    return yield* Effect.provideService(NodeWebSocketConstructor.make(options), WebSocketClient, client)
  })

const next = (socket: WebSocket, kind: "open" | "message" | "close" | "error") =>
  Effect.async<Event & Record<string, unknown>>((resume) => {
    socket.addEventListener(kind, (event: unknown) => resume(Effect.succeed(event as never)), { once: true })
  })

const codeOf = (event: object) => "code" in event && "wasClean" in event ? [event.code, event.wasClean] : []

describe("make: what Effect's modules ask for", () => {
  it.scopedLive("connects, agrees, exchanges and closes", () =>
    Effect.gen(function*() {
      const url = yield* serve(echo)
      const open = yield* make()
      const socket = open(url, ["chat", "other"])
      expect([socket.readyState, socket.protocol, socket.extensions, socket.url]).toEqual([0, "", "", url])
      expect(() => socket.send("early")).toThrow(expect.objectContaining({ name: "InvalidStateError" }))
      yield* next(socket, "open")
      expect([socket.readyState, socket.protocol]).toEqual([1, "chat"])
      expect(socket.extensions).toContain("permessage-deflate")
      socket.send("text")
      expect(yield* next(socket, "message")).toMatchObject({ data: "text", origin: url.slice(0, -1) })
      socket.close(3000, "done")
      expect(socket.readyState).toBe(2)
      expect(yield* next(socket, "close")).toMatchObject({ code: 3000, wasClean: true })
      expect([socket.readyState, socket.OPEN, socket.CLOSED]).toEqual([3, 1, 3])
      socket.send("late")
      expect(socket.bufferedAmount).toBe(4)
      socket.close()
    }))

  it.scopedLive("binaryType says how octets come", () =>
    Effect.gen(function*() {
      const url = yield* serve(echo)
      const open = yield* make({ binaryType: "blob" })
      const socket = open(url)
      yield* next(socket, "open")
      const ask = (data: Uint8Array | ArrayBuffer | Blob) => {
        socket.send(data as never)
        return Effect.map(next(socket, "message"), ({ data }) => data)
      }
      const blob = yield* ask(Uint8Array.of(1, 2))
      expect(blob instanceof Blob && new Uint8Array(yield* Effect.promise(() => blob.arrayBuffer())))
        .toEqual(Uint8Array.of(1, 2))
      socket.binaryType = "arraybuffer"
      const buffer = yield* ask(new Uint16Array([0x0201, 0x0403]).buffer)
      expect(buffer instanceof ArrayBuffer && new Uint8Array(buffer)).toEqual(Uint8Array.of(1, 2, 3, 4))
      socket.binaryType = "uint8array" as never
      expect(yield* ask(new Blob(["hi"]))).toEqual(new TextEncoder().encode("hi"))
    }))

  it.scopedLive("throws at calls that are wrong", () =>
    Effect.gen(function*() {
      const open = yield* make()
      const syntax = expect.objectContaining({ name: "SyntaxError" })
      for (const url of ["nonsense", "ftp://a.example", "ws://a.example/#x"]) expect(() => open(url)).toThrow(syntax)
      for (const protocols of [["a", "a"], ["a b"], ""]) expect(() => open("ws://a.example", protocols)).toThrow(syntax)
      const socket = open(yield* serve(echo))
      expect(() => socket.close(1005)).toThrow(expect.objectContaining({ name: "InvalidAccessError" }))
      expect(() => socket.close(999)).toThrow(expect.objectContaining({ name: "InvalidAccessError" }))
      expect(() => socket.close(1000, "€".repeat(42))).toThrow(syntax)
    }))

  it.scopedLive("not opened: error, with why, and then close 1006", () =>
    Effect.gen(function*() {
      const open = yield* make()
      const socket = open("ws://127.0.0.1:1/")
      const close = yield* Effect.fork(next(socket, "close"))
      expect(yield* next(socket, "error")).toMatchObject({ error: { _tag: "HandshakeError" } })
      expect(codeOf(yield* Fiber.join(close))).toEqual([1006, false])
    }))

  it.scopedLive("closed while it connects: error and close 1006", () =>
    Effect.gen(function*() {
      const open = yield* make()
      const socket = open(yield* serve(echo))
      const error = yield* Effect.fork(next(socket, "error"))
      yield* Effect.yieldNow()
      socket.close()
      expect(socket.readyState).toBe(2)
      expect(codeOf(yield* next(socket, "close"))).toEqual([1006, false])
      yield* Fiber.join(error)
    }))

  it.scopedLive("a server that does not choose a subprotocol is refused, as browsers do", () =>
    Effect.gen(function*() {
      const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
      yield* Effect.forkScoped(server.serve(echo))
      const open = yield* make()
      const socket = open(`ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}`, "chat")
      expect(yield* next(socket, "error")).toMatchObject({ message: expect.stringContaining("Subprotocol") })
    }))

  it.scopedLive("bufferedAmount counts what has not left; close comes behind it", () =>
    Effect.gen(function*() {
      let received = 0
      const gate = yield* Effect.makeLatch(false)
      const url = yield* serve((connection) =>
        Effect.zipRight(gate.await, connection.run((message) => void (received += message.length)))
      )
      const open = yield* make({}, { outboxSize: 100_000, outboxResume: 50_000 })
      const socket = open(url)
      yield* next(socket, "open")
      for (let i = 0; i < 300; i++) socket.send(i % 2 === 0 ? "x".repeat(50_000) : new Uint8Array(50_000))
      expect(socket.bufferedAmount).toBeGreaterThan(5_000_000)
      socket.close(1000)
      yield* gate.open
      expect(codeOf(yield* next(socket, "close"))).toEqual([1000, true])
      expect(received).toBe(300 * 50_000)
      expect(socket.bufferedAmount).toBe(0)
    }))

  it.scopedLive("is open while a message is told that a Close came right behind, and closing after it", () =>
    Effect.gen(function*() {
      const answer = yield* Deferred.make<unknown>()
      const url = yield* serve((connection) =>
        Effect.zipRight(
          Effect.sync(() => connection.trySend("last")),
          Effect.zipRight(connection.close(4000), Effect.intoDeferred(Effect.orDie(connection.receive), answer))
        )
      )
      const open = yield* make()
      const socket = open(url)
      const states: Array<number> = []
      const look = () => {
        states.push(socket.readyState)
        if (socket.readyState < 3) setImmediate(look)
      }
      socket.onmessage = () => {
        look()
        socket.send("answer")
      }
      yield* next(socket, "close")
      expect([...new Set([...states, socket.readyState])]).toEqual([1, 2, 3])
      expect(yield* Deferred.await(answer)).toBe("answer")
    }))

  it.scopedLive("onmessage and the like: one listener each", () =>
    Effect.gen(function*() {
      const open = yield* make()
      const socket = open(yield* serve(echo))
      const seen: Array<string> = []
      socket.onopen = () => seen.push("open")
      socket.onmessage = () => seen.push("replaced")
      socket.onmessage = () => {
        seen.push("message")
        socket.close()
      }
      socket.onerror = () => seen.push("error")
      socket.onerror = null
      yield* next(socket, "open")
      socket.send("x")
      yield* next(socket, "close")
      expect(seen).toEqual(["open", "message"])
    }))

  it.scopedLive("the layer's end closes with 1001", () =>
    Effect.gen(function*() {
      const code = yield* Deferred.make<unknown>()
      const url = yield* serve((connection) =>
        Effect.zipRight(
          Effect.ignore(echo(connection)),
          Effect.flatMap(connection.outcome, ({ remote }) => Deferred.succeed(code, remote))
        )
      )
      const scope = yield* Scope.make()
      const socket = (yield* Scope.extend(make(), scope))(url)
      yield* next(socket, "open")
      yield* Scope.close(scope, Exit.void)
      expect(yield* Deferred.await(code)).toMatchObject({ code: 1001 })
      expect(socket.readyState).toBe(3)
    }))
})

describe("make: is a class as well", () => {
  it.scopedLive("with new and without, under any name that asks for one", () =>
    Effect.gen(function*() {
      const url = yield* serve(echo)
      const open = yield* make()
      const asService: Context.Tag.Service<typeof Socket.WebSocketConstructor> = open
      const asGlobal: typeof globalThis.WebSocket = open
      class Mine extends open {}
      expect(asService).toBe(open)
      for (const socket of [open(url, ["chat"]), new asGlobal(new URL(url), "chat"), new Mine(url, "chat")]) {
        expect(socket instanceof open).toBe(true)
        yield* next(socket, "open")
        expect([socket.url, socket.protocol]).toEqual([url, "chat"])
      }
      expect(new Mine(url)).toBeInstanceOf(Mine)
      expect([open.CONNECTING, open.OPEN, open.CLOSING, open.CLOSED, open.length]).toEqual([0, 1, 2, 3, 1])
      expect(() => open("ws://a.example/#")).toThrow(expect.objectContaining({ name: "SyntaxError" }))
    }))

  it.scopedLive("an unknown binaryType is ignored, and messages go on", () =>
    Effect.gen(function*() {
      const open = yield* make()
      const socket = open(yield* serve(echo))
      yield* next(socket, "open")
      socket.binaryType = "nonsense" as never
      expect(socket.binaryType).toBe("uint8array")
      socket.send(Uint8Array.of(1))
      expect(yield* next(socket, "message")).toMatchObject({ data: Uint8Array.of(1) })
    }))

  it.scopedLive("takes every code that may be sent; without one it sends 1000", () =>
    Effect.gen(function*() {
      const open = yield* make()
      const url = yield* serve(echo)
      for (const [given, code] of [[undefined, 1000], [1001, 1001], [1012, 1012], [4999, 4999]] as const) {
        const socket = open(url)
        yield* next(socket, "open")
        socket.close(given)
        expect(codeOf(yield* next(socket, "close"))).toEqual([code, true])
      }
    }))
})

describe("makeClass", () => {
  it.scopedLive("is to the letter of the text: see the files beside this one", () =>
    Effect.gen(function*() {
      const client = yield* NodeWebSocketClient.make({ linger: "100 millis" })
      const made = NodeWebSocketConstructor.makeClass({ headers: { "x-token": "1" } })
      const WebSocket: typeof globalThis.WebSocket = yield* Effect.provideService(made, WebSocketClient, client)
      const socket = new WebSocket(yield* serve(echo))
      yield* next(socket, "open")
      expect(() => socket.close(1009)).toThrow(expect.objectContaining({ name: "InvalidAccessError" }))
      socket.close()
      expect(codeOf(yield* next(socket, "close"))).toEqual([1005, true])
    }))

  it.scopedLive("sockets of two classes are strangers", () =>
    Effect.gen(function*() {
      const one = yield* make()
      const other = yield* make()
      expect(one("ws://127.0.0.1:1/") instanceof other).toBe(false)
    }))
})

describe("under Socket.makeWebSocket", () => {
  const socketTo = (url: string, options?: NodeWebSocketConstructor.Options, limits?: Partial<Limits>) =>
    Effect.flatMap(
      make(options, limits),
      (open) => Effect.provideService(Socket.makeWebSocket(url), Socket.WebSocketConstructor, open)
    )

  it.scopedLive("text does not overtake binary", () =>
    Effect.gen(function*() {
      const url = yield* serve((connection) =>
        Effect.zipRight(
          connection.sendAll(Array.from({ length: 20 }, (_, i) => i % 2 === 0 ? Uint8Array.of(i) : `${i}`)),
          connection.outcome
        )
      )
      const socket = yield* socketTo(url)
      const seen: Array<number> = []
      const done = yield* Deferred.make<void>()
      yield* Effect.forkScoped(socket.runRaw((message) => {
        seen.push(typeof message === "string" ? Number(message) : message[0] ?? NaN)
        return seen.length === 20 ? Deferred.succeed(done, undefined) : undefined
      }))
      yield* Deferred.await(done)
      expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i))
    }))

  it.scopedLive("a message over the limit is Close 1009, not Read", () =>
    Effect.gen(function*() {
      const url = yield* serve((connection) => Effect.zipRight(connection.send("x".repeat(101)), connection.outcome))
      const socket = yield* socketTo(url, {}, { maxMessageSize: 100 })
      expect(yield* Effect.flip(socket.run(() => {}))).toMatchObject({ reason: "Close", code: 1009 })
    }))

  it.scopedLive("a CloseEvent is sent as it is", () =>
    Effect.gen(function*() {
      const url = yield* serve(echo)
      const socket = yield* socketTo(url)
      const write = yield* socket.writer
      const run = yield* Effect.fork(Effect.flip(socket.run(() => {})))
      yield* write(new Socket.CloseEvent(1009, "too big"))
      expect(yield* Fiber.join(run)).toMatchObject({ code: 1009 })
    }))
})
