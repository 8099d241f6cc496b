import * as Socket from "@effect/platform/Socket"
import { describe, expect, it } from "@effect/vitest"
import type { Connection } from "@effect-ws/connection/Connection"
import type { Limits } from "@effect-ws/connection/Limits"
import { HandshakeError, HandshakeReason } from "@effect-ws/platform/HandshakeError"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Sockets from "./sockets.js"

const { settle } = Sockets

const url = "ws://a.example/"

const open = (options: PlatformSocket.Options = {}, limits?: Partial<Limits>) =>
  Effect.gen(function*() {
    const client = yield* Sockets.client(limits)
    const socket = yield* Effect.provideService(PlatformSocket.make(url, options), WebSocketClient, client.service)
    const write = yield* socket.writer
    return { ...client, socket, write }
  })

const held = (settings?: PlatformSocket.SocketOptions, limits?: Partial<Limits>) =>
  Effect.gen(function*() {
    const pair = yield* Sockets.pairs(limits)
    const { client, server } = pair()
    const socket = PlatformSocket.fromConnection(server.connection, settings)
    return { client, server, socket, write: yield* socket.writer }
  })

const closeOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) =>
      cause._tag === "Fail" && Socket.isSocketError(cause.error) ? cause.error.message : String(cause)
  })

const ended = (fiber: Fiber.Fiber<unknown, unknown>) => Effect.map(Fiber.await(fiber), closeOf)

const remoteOf = (connection: Connection) =>
  Effect.map(connection.outcome, ({ remote }) => remote?._tag === "Status" ? remote.code : remote?._tag)

describe("a run", () => {
  it.scoped("gives text as string and binary as octets, in order, to runRaw; octets only to run", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held()
      const raw: Array<unknown> = []
      const octets: Array<unknown> = []
      yield* client.sendAll(["B0", Uint8Array.of(0), "T1", Uint8Array.of(1), "€"])
      const first = yield* Effect.fork(socket.runRaw((message) => void raw.push(message)))
      yield* settle
      expect(raw).toEqual(["B0", Uint8Array.of(0), "T1", Uint8Array.of(1), "€"])
      yield* Fiber.interrupt(first)
      yield* Effect.fork(socket.run((message) => void octets.push(message)))
      yield* client.sendAll(["€", Uint8Array.of(1)])
      yield* settle
      expect(octets).toEqual([Uint8Array.of(0xe2, 0x82, 0xac), Uint8Array.of(1)])
    }))

  it.scoped("starts what handlers return in order, and waits for none of them", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held()
      const seen: Array<string> = []
      yield* Effect.fork(socket.runRaw((message) =>
        Effect.zipRight(Effect.sync(() => seen.push(String(message))), message === "slow" ? Effect.never : Effect.void)
      ))
      yield* client.sendAll(["slow", "a", "slow", "b"])
      yield* settle
      expect(seen).toEqual(["slow", "a", "slow", "b"])
    }))

  it.scoped("fails as a handler does, interrupts the others, and closes with 1011", () =>
    Effect.gen(function*() {
      const { peers, socket } = yield* open()
      const interrupted = yield* Deferred.make<void>()
      const run = yield* Effect.fork(socket.runRaw((message) =>
        message === "bad"
          ? Effect.fail("no")
          : Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
      ))
      yield* settle
      const { connection } = peers[0]!
      yield* connection.sendAll(["good", "bad"])
      expect(yield* Effect.either(Fiber.join(run))).toMatchObject({ _tag: "Left", left: "no" })
      yield* Deferred.await(interrupted)
      expect(yield* remoteOf(connection)).toBe(1011)
    }))

  it.scoped("has onOpen at each connection, before the first message", () =>
    Effect.gen(function*() {
      const { peers, socket } = yield* open()
      const seen: Array<string> = []
      const run = Effect.fork(
        socket.runRaw((message) => void seen.push(String(message)), { onOpen: Effect.sync(() => seen.push("open")) })
      )
      for (const i of [0, 1]) {
        const fiber = yield* run
        yield* settle
        yield* peers[i]!.connection.send(`hello ${i}`)
        yield* settle
        yield* Fiber.interrupt(fiber)
        expect(yield* remoteOf(peers[i]!.connection)).toBe(1001)
      }
      expect(seen).toEqual(["open", "hello 0", "open", "hello 1"])
    }))

  it.scoped("loses nothing that comes while onOpen is at work, or before a run", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held()
      const seen: Array<unknown> = []
      yield* client.sendAll(["1", "2"])
      yield* settle
      const gate = yield* Deferred.make<void>()
      yield* Effect.fork(socket.runRaw((message) => void seen.push(message), { onOpen: Deferred.await(gate) }))
      yield* client.send("3")
      yield* settle
      expect(seen).toEqual([])
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      expect(seen).toEqual(["1", "2", "3"])
    }))

  it.scoped("asks for URL and headers before each connection", () =>
    Effect.gen(function*() {
      const client = yield* Sockets.client()
      const token = yield* Ref.make(0)
      const socket = yield* PlatformSocket.make(Effect.map(Ref.get(token), (n) => `${url}${n}`), {
        headers: Effect.map(Ref.updateAndGet(token, (n) => n + 1), (n) => ({ Authorization: `Bearer ${n}` })),
        subprotocols: ["chat"]
      }).pipe(Effect.provideService(WebSocketClient, client.service))
      for (const _ of [0, 1]) {
        const fiber = yield* Effect.fork(socket.run(() => {}))
        yield* settle
        yield* Fiber.interrupt(fiber)
      }
      expect(client.asked.map(({ options, url }) => [url, options.headers, options.subprotocols])).toEqual([
        [`${url}0`, { Authorization: "Bearer 1" }, ["chat"]],
        [`${url}1`, { Authorization: "Bearer 2" }, ["chat"]]
      ])
    }))
})

describe("the end of a run", () => {
  const closes: ReadonlyArray<readonly [code: number, expected: string]> = [
    [1000, "success"],
    [1001, "Close: 1001: bye"],
    [1008, "Close: 1008: bye"],
    [4000, "Close: 4000: bye"]
  ]
  for (const [code, expected] of closes) {
    it.scoped(`the peer closes with ${code}: ${expected}`, () =>
      Effect.gen(function*() {
        const { peers, socket } = yield* open()
        const run = yield* Effect.fork(socket.run(() => {}))
        yield* settle
        yield* Effect.fork(peers[0]!.connection.close(code, "bye"))
        expect(yield* ended(run)).toBe(expected)
      }))
  }

  it.scoped("which codes fail it is for closeCodeIsError to say", () =>
    Effect.gen(function*() {
      const { peers, socket } = yield* open({ closeCodeIsError: (code) => code === 1000 })
      for (const [i, code] of [1000, 1001].entries()) {
        const run = yield* Effect.fork(socket.run(() => {}))
        yield* settle
        yield* Effect.fork(peers[i]!.connection.close(code))
        expect(yield* ended(run)).toBe(code === 1000 ? "Close: 1000" : "success")
      }
    }))

  it.scoped("dropped: 1006, with the cause", () =>
    Effect.gen(function*() {
      const { peers, socket } = yield* open({ closeCodeIsError: () => true })
      const run = yield* Effect.fork(socket.run(() => {}))
      yield* settle
      peers[0]!.transport.reset(new Error("ECONNRESET"))
      expect(yield* ended(run)).toBe("Close: 1006: the transport broke: ECONNRESET")
    }))

  it.scoped("a message over the limit: 1009 at both ends, and never Read", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open({}, { maxMessageSize: 100 })
      const run = yield* Effect.fork(socket.run(() => {}))
      yield* settle
      yield* Effect.fork(peers[0]!.connection.send("x".repeat(101)))
      expect(yield* ended(run)).toMatch(/^Close: 1009: .*MessageTooBig/)
      expect(yield* remoteOf(peers[0]!.connection)).toBe(1009)

      const again = yield* Effect.fork(socket.run(() => {}))
      yield* settle
      yield* Effect.fork(Stream.runDrain(peers[1]!.connection.messages))
      yield* write("x".repeat(101))
      expect(yield* ended(again)).toMatch(/^Close: 1009/)
    }))

  it.scoped("no sign of life: 1011", () =>
    Effect.gen(function*() {
      const connection = yield* Sockets.alone({ keepaliveInterval: 20_000 })
      const run = yield* Effect.fork(PlatformSocket.fromConnection(connection).run(() => {}))
      yield* settle
      yield* TestClock.adjust("45 seconds")
      expect(yield* ended(run)).toBe("Close: 1011: the peer gave no sign of life within keepaliveTimeout")
    }))

  it.scoped("not opened: Open, or OpenTimeout, with the HandshakeError", () =>
    Effect.gen(function*() {
      const { failures, socket } = yield* open()
      const refused = new HandshakeError({
        url,
        reason: HandshakeReason.Refused({ status: 401, headers: [], body: new Uint8Array(0) })
      })
      const late = new HandshakeError({
        url,
        reason: HandshakeReason.Timeout({ after: Duration.seconds(10), during: "answer" })
      })
      failures.push(refused, late)
      expect(yield* Effect.flip(socket.run(() => {}))).toMatchObject({ reason: "Open", cause: refused })
      expect(yield* Effect.flip(socket.run(() => {}))).toMatchObject({ reason: "OpenTimeout", cause: late })
    }))
})

describe("the writer", () => {
  it.scopedLive("can be had before the connection, and waits for it", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open()
      const written = yield* Effect.fork(write("early"))
      yield* settle
      expect(yield* Fiber.poll(written)).toEqual(Option.none())
      yield* Effect.forkScoped(socket.run(() => {}))
      yield* Fiber.join(written)
      expect(yield* peers[0]!.connection.receive).toBe("early")
    }))

  it.scoped("sends a Close with its code, behind what was written before", () =>
    Effect.gen(function*() {
      const { client, socket, write } = yield* held()
      const run = yield* Effect.forkScoped(socket.run(() => {}))
      yield* write("last")
      yield* write(new Socket.CloseEvent(1009, "too big"))
      expect(Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.orElse(client.messages, () => Stream.empty))))
        .toEqual(["last"])
      expect(yield* remoteOf(client)).toBe(1009)
      expect(yield* ended(run)).toBe("Close: 1009")
      expect(yield* Effect.flip(write("later"))).toMatchObject({ reason: "Write" })
    }))

  // So it does not ask `connection.isOpen`: what is written then is an answer, and belongs to no other connection.
  it.scopedLive("answers a message that a Close came right behind, on the same connection", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open()
      const run = yield* Effect.forkScoped(Effect.flip(socket.runRaw((message) => write(`${message}!`))))
      yield* settle
      const server = peers[0]!.connection
      server.trySend("last")
      yield* Effect.fork(server.close(4000))
      expect(yield* Fiber.join(run)).toMatchObject({ code: 4000 })
      expect(yield* server.receive).toBe("last!")
    }))

  it.scoped("refuses a Close that must not be sent", () =>
    Effect.gen(function*() {
      const { socket, write } = yield* held()
      yield* Effect.forkScoped(socket.run(() => {}))
      expect(yield* Effect.flip(write(new Socket.CloseEvent(1006)))).toMatchObject({
        reason: "Write",
        cause: { _tag: "InvalidClose" }
      })
    }))

  it.scopedLive("a Close that must not be sent closes nothing: what is written later goes out by this connection or the next", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open({}, { outboxSize: 1000, outboxResume: 500, inboxSize: 1000 })
      const run = yield* Effect.forkScoped(socket.run(() => {}))
      yield* settle
      for (const wrong of [new Socket.CloseEvent(1006), new Socket.CloseEvent(4001, "x".repeat(124))]) {
        expect(yield* Effect.flip(write(wrong))).toMatchObject({ reason: "Write", cause: { _tag: "InvalidClose" } })
      }
      yield* write("still here")
      expect(yield* peers[0]!.connection.receive).toBe("still here")
      const writing = yield* Effect.fork(Effect.forever(write(new Uint8Array(1000))))
      yield* settle
      peers[0]!.transport.reset(new Error("ECONNRESET"))
      yield* Fiber.await(run)
      yield* settle
      expect(yield* Fiber.poll(writing)).toEqual(Option.none())
      yield* Effect.forkScoped(socket.run(() => {}))
      yield* settle
      expect(yield* peers[1]!.connection.receive).toEqual(new Uint8Array(1000))
      yield* Fiber.interrupt(writing)
    }))

  it.scopedLive("a Close that must not be sent, behind one that was, changes nothing", () =>
    Effect.gen(function*() {
      const { socket, write } = yield* open()
      const run = yield* Effect.forkScoped(socket.run(() => {}))
      yield* settle
      yield* write(new Socket.CloseEvent(1000))
      expect(yield* Effect.flip(write(new Socket.CloseEvent(1006)))).toMatchObject({ reason: "Write" })
      expect(yield* Effect.flip(Effect.timeout(write("late"), "2 seconds"))).toMatchObject({ reason: "Write" })
      expect(yield* ended(run)).toBe("success")
    }))

  it.scopedLive("waits while the outbox is full, and keeps for the next connection what the last one did not take", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open({}, { outboxSize: 1000, outboxResume: 500, inboxSize: 1000 })
      const run = yield* Effect.forkScoped(socket.run(() => {}))
      yield* settle
      let accepted = 0
      const writing = yield* Effect.fork(Effect.gen(function*() {
        for (let i = 0; i < 2000; i++) {
          yield* write(Buffer.alloc(1000, i % 256))
          accepted++
        }
      }))
      yield* settle
      const before = accepted
      expect(before).toBeLessThan(200)
      peers[0]!.transport.reset(new Error("ECONNRESET"))
      yield* Fiber.await(run)
      yield* settle
      expect(accepted).toBe(before)
      yield* Effect.forkScoped(socket.run(() => {}))
      yield* settle
      const first = yield* peers[1]!.connection.receive
      expect(first).toEqual(new Uint8Array(1000).fill(before % 256))
      yield* Fiber.interrupt(writing)
    }))

  it.scopedLive("fails once we have closed, until the next run", () =>
    Effect.gen(function*() {
      const { peers, socket, write } = yield* open()
      const run = yield* Effect.forkScoped(socket.run(() => {}))
      yield* settle
      yield* write(new Socket.CloseEvent(1000))
      expect(yield* Effect.flip(write("late"))).toMatchObject({ reason: "Write" })
      expect(yield* ended(run)).toBe("success")
      yield* Effect.forkScoped(socket.run(() => {}))
      yield* write("again")
      expect(yield* peers[1]!.connection.receive).toBe("again")
    }))
})

describe("back-pressure", () => {
  it.scoped("reading pauses when handlers at work exceed their budget, and goes on when they are done", () =>
    Effect.gen(function*() {
      const { client, socket } = yield* held({ handlerBudget: 1_000_000 }, {
        inboxSize: 100_000,
        outboxSize: 100_000,
        outboxResume: 50_000
      })
      const gate = yield* Effect.makeLatch(false)
      let begun = 0
      let done = 0
      yield* Effect.forkScoped(socket.runRaw(() => {
        begun++
        return Effect.zipRight(gate.await, Effect.sync(() => done++))
      }))
      let sent = 0
      yield* Effect.fork(Effect.gen(function*() {
        while (sent < 1000) {
          yield* client.send(new Uint8Array(10_000))
          sent++
        }
      }))
      yield* settle
      expect(begun).toBe(70) // of 10,000 octets, what a message weighs besides, and 4,096 for a handler
      expect(sent).toBeLessThan(140)
      yield* gate.open
      yield* Effect.repeat(settle, { until: () => done === 1000 })
      expect(sent).toBe(1000)
    }))
})

describe("what others are told", () => {
  it.scoped("the connection, while there is one", () =>
    Effect.gen(function*() {
      const { peers, socket } = yield* open()
      expect(PlatformSocket.connection(socket)).toEqual(Option.none())
      const run = yield* Effect.forkScoped(socket.run(() => {}))
      yield* settle
      const connection = Option.getOrThrow(PlatformSocket.connection(socket))
      expect(connection.role).toBe("client")
      yield* Fiber.interrupt(run)
      expect(PlatformSocket.connection(socket)).toEqual(Option.none())
      const { server, socket: other } = yield* held()
      expect(PlatformSocket.connection(other)).toEqual(Option.some(server.connection))
      expect(peers.length).toBe(1)
    }))

  it.effect("that a socket was closed is no failure, anything else is", () =>
    Effect.gen(function*() {
      const close = new Socket.SocketCloseError({ reason: "Close", code: 1001 })
      const read = new Socket.SocketGenericError({ reason: "Read", cause: "x" })
      expect(yield* Effect.exit(PlatformSocket.ignoreClose(Effect.fail(close)))).toEqual(Exit.void)
      expect(yield* Effect.flip(PlatformSocket.ignoreClose(Effect.fail(read)))).toBe(read)
      expect(Exit.isFailure(yield* Effect.exit(PlatformSocket.ignoreClose(Effect.die(close))))).toBe(true)
      expect(Exit.isInterrupted(yield* Effect.exit(PlatformSocket.ignoreClose(Effect.interrupt)))).toBe(true)
      expect(yield* PlatformSocket.ignoreClose(Effect.succeed(1))).toBe(1)
    }))
})
