import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import type { Limits } from "@effect-ws/connection/Limits"
import { HandshakeError, HandshakeReason } from "@effect-ws/platform/HandshakeError"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as Sockets from "./sockets.js"

const { settle } = Sockets
const now = { startImmediately: true } as const

const open = (options: PlatformSocket.Options = {}, limits?: Partial<Limits>) =>
  Effect.gen(function*() {
    const client = yield* Sockets.client(limits)
    const socket = yield* Effect.provideService(
      PlatformSocket.make("ws://a.example/", options),
      WebSocketClient,
      client.service
    )
    return { ...client, socket, ...(yield* socket.writer) }
  })

const held = Effect.gen(function*() {
  const pair = yield* Sockets.pairs()
  const { client, server } = pair()
  const socket = PlatformSocket.fromConnection(server.connection)
  return { client, server, socket, ...(yield* socket.writer) }
})

/** A reader, and the scope that it lives in. */
const reading = (socket: Socket.Socket) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const reader = yield* Scope.provide(socket.reader, scope)
    return { ...reader, release: (exit: Exit.Exit<unknown, unknown> = Exit.void) => Scope.close(scope, exit) }
  })

const reasonOf = (exit: Exit.Exit<unknown, unknown>): unknown => {
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  return Socket.isSocketError(error) ? error.reason : exit
}

const remoteOf = (connection: Connection) =>
  Effect.map(connection.outcome, ({ remote }) => remote?._tag === "Status" ? remote.code : remote?._tag)

describe("a reader", () => {
  it.effect("gives what has come, in order, text as string and binary as octets", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held
      yield* client.sendAll(["B0", Uint8Array.of(0), "€"])
      yield* settle
      const { pull } = yield* reading(socket)
      expect(yield* pull).toEqual(["B0", Uint8Array.of(0), "€"])
      const waiting = yield* Effect.forkChild(pull, now)
      yield* client.send("later")
      expect(yield* Fiber.join(waiting)).toEqual(["later"])
    }))

  it.effect("ends with the code of the Close", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held
      const { pull } = yield* reading(socket)
      const waiting = yield* Effect.forkChild(Effect.exit(pull), now)
      yield* client.close(4000, "enough")
      expect(reasonOf(yield* Fiber.join(waiting))).toMatchObject({
        _tag: "SocketCloseError",
        code: 4000,
        closeReason: "enough"
      })
      expect(reasonOf(yield* Effect.exit(pull))).toMatchObject({ _tag: "SocketCloseError", code: 4000 })
    }))

  it.effect("that is released fails the pull that waits, and loses nothing", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held
      const first = yield* reading(socket)
      const waiting = yield* Effect.forkChild(Effect.exit(first.pull), now)
      yield* first.release()
      expect(reasonOf(yield* Fiber.join(waiting))).toMatchObject({ _tag: "SocketCloseError", code: 1006 })
      expect(reasonOf(yield* Effect.exit(first.pull))).toMatchObject({ _tag: "SocketCloseError", code: 1006 })
      yield* client.send("still there")
      const second = yield* reading(socket)
      expect(yield* second.pull).toEqual(["still there"])
    }))

  it.effect("that was interrupted while it pulled loses nothing", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held
      const { pull } = yield* reading(socket)
      const waiting = yield* Effect.forkChild(pull, now)
      yield* Fiber.interrupt(waiting)
      yield* client.send("a")
      expect(yield* pull).toEqual(["a"])
    }))

  it.effect("waits for its turn, where a connection is held by another", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held
      const first = yield* reading(socket)
      const second = yield* Effect.forkChild(reading(socket), now)
      yield* client.send("a")
      yield* settle
      expect(second.pollUnsafe()).toBeUndefined()
      expect(yield* first.pull).toEqual(["a"])
      yield* first.release()
      yield* client.send("b")
      expect(yield* (yield* Fiber.join(second)).pull).toEqual(["b"])
    }))

  it.effect("cannot be upgraded to TLS", () =>
    Effect.gen(function*() {
      const { socket } = yield* held
      const { upgrade } = yield* reading(socket)
      expect(reasonOf(yield* Effect.exit(upgrade()))).toMatchObject({ _tag: "SocketUpgradeError" })
    }))
})

describe("a socket of a client", () => {
  it.effect("opens a connection for each reader, and closes it with it: 1001, and 1011 after a failure", () =>
    Effect.gen(function*() {
      const { peers, socket } = yield* open()
      const one = yield* reading(socket)
      yield* peers[0]!.connection.send("hello")
      expect(yield* one.pull).toEqual(["hello"])
      yield* one.release(Exit.interrupt())
      expect(yield* remoteOf(peers[0]!.connection)).toBe(1001)
      const other = yield* reading(socket)
      yield* other.release(Exit.fail("no"))
      expect(yield* remoteOf(peers[1]!.connection)).toBe(1011)
      expect(PlatformSocket.connection(socket)).toEqual(Option.none())
    }))

  it.effect("keeps what is written until there is a connection", () =>
    Effect.gen(function*() {
      const { peers, socket, write, writeAll } = yield* open()
      const writing = yield* Effect.forkChild(Effect.andThen(write("early"), writeAll(["b", "c"])), now)
      yield* settle
      expect(writing.pollUnsafe()).toBeUndefined()
      yield* reading(socket)
      yield* Fiber.join(writing)
      const { connection } = peers[0]!
      expect([yield* connection.receive, yield* connection.receive, yield* connection.receive]).toEqual(["early", "b", "c"])
    }))

  it.effect("keeps what a connection did not take any more for the next", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open()
      const first = yield* reading(socket)
      peers[0]!.transport.reset(new Error("gone"))
      yield* settle
      const writing = yield* Effect.forkChild(write("kept"), now)
      expect(reasonOf(yield* Effect.exit(first.pull))).toMatchObject({ _tag: "SocketCloseError", code: 1006 })
      yield* first.release()
      expect(writing.pollUnsafe()).toBeUndefined()
      yield* reading(socket)
      yield* Fiber.join(writing)
      expect(yield* peers[1]!.connection.receive).toBe("kept")
    }))

  it.effect("after a CloseEvent fails to write until the next reader", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open()
      const first = yield* reading(socket)
      yield* write(new Socket.CloseEvent(4001, "bye"))
      expect(reasonOf(yield* Effect.exit(write("late")))).toMatchObject({ _tag: "SocketWriteError" })
      expect(yield* remoteOf(peers[0]!.connection)).toBe(4001)
      yield* first.release()
      yield* reading(socket)
      yield* write("again")
      expect(yield* peers[1]!.connection.receive).toBe("again")
    }))

  it.effect("a CloseEvent that must not be sent closes nothing", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open()
      yield* reading(socket)
      expect(reasonOf(yield* Effect.exit(write(new Socket.CloseEvent(1005))))).toMatchObject({ _tag: "SocketWriteError" })
      yield* write("goes on")
      expect(yield* peers[0]!.connection.receive).toBe("goes on")
    }))

  it.effect("that does not open says why", () =>
    Effect.gen(function*() {
      const { failures, socket } = yield* open()
      const refused = new HandshakeError({
        url: "ws://a.example/",
        reason: HandshakeReason.Refused({ status: 401, headers: [], body: new Uint8Array(0) })
      })
      failures.push(refused)
      expect(reasonOf(yield* Effect.exit(Effect.scoped(socket.reader)))).toMatchObject({
        _tag: "SocketOpenError",
        kind: "Unknown",
        cause: refused
      })
    }))

  it.effect("asks for its URL and its headers before each connection", () =>
    Effect.gen(function*() {
      const client = yield* Sockets.client()
      let asked = 0
      const socket = yield* Effect.provideService(
        PlatformSocket.make(Effect.sync(() => `ws://a.example/${++asked}`), {
          headers: Effect.sync(() => ({ "x-token": `t${asked}` }))
        }),
        WebSocketClient,
        client.service
      )
      yield* Effect.scoped(socket.reader)
      yield* Effect.scoped(socket.reader)
      expect(client.asked.map(({ options, url }) => [url, options.headers])).toEqual([
        ["ws://a.example/1", { "x-token": "t1" }],
        ["ws://a.example/2", { "x-token": "t2" }]
      ])
    }))
})

describe("ignoreClose", () => {
  it.effect("takes what ended by a Close, and nothing else, for well ended", () =>
    Effect.gen(function*() {
      const { client, socket, write } = yield* held
      const { pull } = yield* reading(socket)
      yield* client.close(4000)
      yield* PlatformSocket.ignoreClose(pull)
      yield* PlatformSocket.ignoreClose(write("late"))
      for (const other of [Effect.fail("no"), Effect.die("no"), Effect.interrupt]) {
        expect(Exit.isFailure(yield* Effect.exit(PlatformSocket.ignoreClose(other)))).toBe(true)
      }
    }))
})

describe("as Effect uses sockets", () => {
  it.effect("toChannel, toStream: strings and octets", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held
      yield* client.sendAll(["€", Uint8Array.of(1)])
      yield* settle
      const pull = yield* Socket.readerBytes(socket)
      expect(yield* pull).toEqual([Uint8Array.of(0xe2, 0x82, 0xac), Uint8Array.of(1)])
    }))
})
