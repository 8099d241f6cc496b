/** The client over a WebSocket that the test plays: what it asks the host for, and what it makes of what the host tells. */
import { describe, expect, it } from "@effect/vitest"
import { TextBytes } from "@effect-ws/codec/TextBytes"
import { PreparedMessage } from "@effect-ws/connection/Message"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import { isRetryable } from "@effect-ws/platform/Retryable"
import type { ConnectOptions } from "@effect-ws/platform/WebSocketClient"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { make } from "../src/client/client.js"
import type { Options } from "../src/client/options.js"
import { bytesOf, FakePage } from "./fakes.js"

const url = "ws://a.example/chat?token=secret"

/** A page with a client. */
const pageWith = (options: Options = {}) =>
  Effect.suspend(() => {
    const page = new FakePage()
    return Effect.map(make(options, page), (client) => ({ client, page }))
  })

/** All that is due now has happened. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(() => setImmediate(resolve))))

/** An open connection, and the socket under it. */
const opened = (options: Options = {}, connectOptions?: ConnectOptions<"whole">, protocol?: string) =>
  Effect.gen(function*() {
    const { client, page } = yield* pageWith(options)
    const connecting = yield* Effect.fork(client.connect(url, connectOptions))
    yield* turn
    const socket = page.at(-1)
    socket.open(protocol, "permessage-deflate")
    return { connection: yield* Fiber.join(connecting), page, socket }
  })

describe("opening", () => {
  it.scoped("asks the host, and tells what it settled", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened({}, { subprotocols: ["chat", "other"] }, "chat")
      expect([socket.url, socket.protocols, socket.binaryType]).toEqual([url, ["chat", "other"], "arraybuffer"])
      expect(connection.subprotocol).toMatchObject({ value: "chat" })
      expect(connection.extensions).toBe("permessage-deflate")
      expect(connection.opening.target).toBe("/chat?token=secret")
      expect(JSON.parse(JSON.stringify(connection))).toMatchObject({ role: "client", state: "Open", bufferedAmount: 0 })
      yield* Effect.fork(connection.close())
      socket.end(1000)
    }))

  it.scoped("takes http: and https: for ws: and wss:", () =>
    Effect.gen(function*() {
      const { client, page } = yield* pageWith()
      yield* Effect.fork(client.connect(new URL("https://a.example/x")))
      yield* turn
      expect(page.at(0).url).toBe("wss://a.example/x")
    }))

  const failing = (connectOptions: ConnectOptions<"whole">, to = url) =>
    Effect.gen(function*() {
      const { client, page } = yield* pageWith()
      const error: HandshakeError = yield* Effect.flip(client.connect(to, connectOptions))
      expect(page.sockets).toEqual([])
      expect(error.message).not.toContain("secret")
      return error
    })

  for (
    const [name, option] of Object.entries<ConnectOptions<"whole">>({
      headers: { headers: { cookie: "secret" } },
      authorization: { authorization: Redacted.make("secret") as never },
      origin: { origin: "https://a.example" },
      compression: { compression: false },
      "limits.keepaliveInterval": { limits: { keepaliveInterval: 1000 } }
    })
  ) {
    it.scoped(`refuses ${name}, which the host cannot do`, () =>
      Effect.gen(function*() {
        expect((yield* failing(option)).reason).toMatchObject({ _tag: "InvalidOption", option: name })
      }))
  }

  it.scoped("refuses a user and password in the URL, a fragment, and subprotocols that are none", () =>
    Effect.gen(function*() {
      expect((yield* failing({}, "ws://ada:secret@a.example/")).reason).toMatchObject({ option: "url" })
      expect((yield* failing({}, `${url}#x`)).reason).toMatchObject({ rule: "FragmentPresent" })
      expect((yield* failing({ subprotocols: ["a b"] })).reason).toMatchObject({ rule: "SubprotocolInvalid" })
    }))

  it.scoped("fails with what the host tells, which is little", () =>
    Effect.gen(function*() {
      const { client, page } = yield* pageWith()
      const connecting = yield* Effect.fork(Effect.flip(client.connect(url)))
      yield* turn
      page.at(0).dispatch("error", { message: "ECONNREFUSED" }) // Node 22 has no `close` behind it
      const error = yield* Fiber.join(connecting)
      expect(error.reason).toEqual({ _tag: "Undisclosed", cause: "ECONNREFUSED" })
      expect(error.message).toMatch(/^ws:\/\/a\.example\/chat\?…: the host did not open it.*\(ECONNREFUSED\)$/)
      expect(page.at(0).listening).toBe(0)
    }))

  it.scoped("gives up after openTimeout, and when it is interrupted", () =>
    Effect.gen(function*() {
      const { client, page } = yield* pageWith({ openTimeout: "3 seconds" })
      const late = yield* Effect.fork(Effect.flip(client.connect(url)))
      const interrupted = yield* Effect.fork(client.connect(url))
      yield* turn
      yield* TestClock.adjust("3 seconds")
      expect((yield* Fiber.join(late)).reason).toMatchObject({ _tag: "Timeout", during: "connecting" })
      yield* Fiber.interrupt(interrupted)
      expect(page.sockets.map(({ closes, listening }) => [closes.length, listening])).toEqual([[1, 0], [1, 0]])
    }))

  it.scoped("goes on without a subprotocol, or fails where that is asked for", () =>
    Effect.gen(function*() {
      const { client, page } = yield* pageWith()
      const connect = (withoutSubprotocol: "accept" | "fail") =>
        client.connect(url, { subprotocols: ["chat"], withoutSubprotocol })
      const accepting = yield* Effect.fork(connect("accept"))
      const failing = yield* Effect.fork(Effect.flip(connect("fail")))
      yield* turn
      for (const socket of page.sockets) socket.open()
      expect((yield* Fiber.join(accepting)).subprotocol._tag).toBe("None")
      expect((yield* Fiber.join(failing)).reason).toMatchObject({ rule: "SubprotocolMissing", detail: "chat" })
      expect(page.at(1).closes).toEqual([[]])
      page.at(0).end(1000)
    }))

  it.scoped("dies of an option that cannot be", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(make({ openTimeout: NaN }, new FakePage()))
      expect(Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
    }))
})

describe("messages", () => {
  it.scoped("are text and octets, and what came with the opening is there", () =>
    Effect.gen(function*() {
      const { client, page } = yield* pageWith()
      const connecting = yield* Effect.fork(client.connect(url))
      yield* turn
      page.at(0).open()
      page.at(0).say("first")
      page.at(0).say(bytesOf(2))
      const connection = yield* Fiber.join(connecting)
      expect([yield* connection.receive, yield* connection.receive]).toEqual(["first", Uint8Array.of(7, 7)])
      page.at(0).end(1000)
    }))

  it.scoped("are bytes, or pieces, where that is asked for", () =>
    Effect.gen(function*() {
      const { client, page } = yield* pageWith()
      const bytes = yield* Effect.fork(client.connect(url, { incoming: "bytes" }))
      const streamed = yield* Effect.fork(client.connect(url, { incoming: "streamed", limits: { maxMessageSize: 1 } }))
      yield* turn
      for (const socket of page.sockets) {
        socket.open()
        socket.say("né")
        socket.end(1000)
      }
      const text = yield* (yield* Fiber.join(bytes)).receive
      expect([text instanceof TextBytes, String(text)]).toEqual([true, "né"])
      const pieces = yield* Stream.runCollect(
        Stream.flatMap((yield* Fiber.join(streamed)).messageStreams, ({ payload }) => payload as Stream.Stream<string>)
      )
      expect(Chunk.toReadonlyArray(pieces)).toEqual(["né"])
    }))

  it.scoped("are sent as what they are", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      yield* connection.sendAll([
        "a",
        Uint8Array.of(1),
        new PreparedMessage("b"),
        TextBytes.unsafeMake(Uint8Array.of(99))
      ])
      yield* connection.sendStream("text", Stream.make("d", "e"))
      yield* connection.sendStream("binary", Stream.make(Uint8Array.of(2), Uint8Array.of(3, 4)))
      yield* connection.send(new Uint8Array(new SharedArrayBuffer(2)))
      expect(socket.sent).toEqual(["a", Uint8Array.of(1), "b", "c", "de", Uint8Array.of(2, 3, 4), new Uint8Array(2)])
      expect(socket.sent.every((sent) => typeof sent === "string" || sent.buffer instanceof ArrayBuffer)).toBe(true)
      expect(() => connection.trySend({ length: 3 } as never)).toThrow(TypeError)
      socket.end(1000)
    }))

  it.scoped("of a stream that fails leave no trace", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      yield* Effect.flip(connection.sendStream("text", Stream.concat(Stream.make("a"), Stream.fail("no"))))
      expect([socket.sent, socket.closes, connection.isOpen]).toEqual([[], [], true])
      socket.end(1000)
    }))

  it.scoped("wait while the host has not sent, and go on once it has: it is asked from time to time", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened({ limits: { outboxSize: 100, outboxResume: 10 } })
      socket.takes = false
      yield* connection.send("x".repeat(100))
      expect(connection.trySend("y")).toBe("full")
      const waiting = yield* Effect.fork(connection.send("y"))
      const flushing = yield* Effect.fork(connection.flush)
      yield* TestClock.adjust("10 seconds")
      socket.bufferedAmount = 11
      yield* TestClock.adjust("1 second")
      expect(socket.sent).toHaveLength(1)
      socket.bufferedAmount = 10
      yield* TestClock.adjust("16 millis")
      yield* Fiber.join(waiting)
      expect([socket.sent.at(-1), connection.bufferedAmount]).toEqual(["y", 11])
      socket.bufferedAmount = 1 // all of the first
      yield* TestClock.adjust("16 millis")
      yield* Fiber.join(flushing)
      socket.end(1000)
    }))

  it.scoped("are asked for soon at first, and whenever a message comes: the timers of a hidden page come late", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened({ limits: { outboxSize: 1 } })
      socket.takes = false
      const next = Effect.zipRight(Effect.fork(connection.send("x")), turn)
      yield* next
      yield* next
      socket.bufferedAmount = 0
      yield* TestClock.adjust("4 millis")
      expect(socket.sent).toHaveLength(2)
      yield* next
      socket.bufferedAmount = 0
      socket.say("how far I am")
      yield* turn
      expect(socket.sent).toHaveLength(3)
      socket.end(1000)
    }))

  it.scoped("that wait fail when the connection ends, and those who wait are interrupted without a trace", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened({ limits: { outboxSize: 1 } })
      socket.takes = false
      yield* connection.send("x")
      const interrupted = yield* Effect.fork(connection.send("never"))
      const failed = yield* Effect.fork(Effect.flip(connection.send("late")))
      const flushing = yield* Effect.fork(Effect.flip(connection.flush))
      yield* turn
      yield* Fiber.interrupt(interrupted)
      socket.end(1006)
      expect(yield* Fiber.join(failed)).toMatchObject({ _tag: "ConnectionClosed" })
      expect(yield* Fiber.join(flushing)).toMatchObject({ _tag: "ConnectionClosed" })
      expect(socket.sent).toEqual(["x"])
    }))

  it.scoped("go nowhere once the peer has closed, which the host tells by its state alone", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      socket.readyState = 2
      expect([connection.isOpen, connection.trySend("x")]).toEqual([false, "closed"])
      socket.end(1000)
    }))
})

describe("limits", () => {
  it.scoped("a message over maxMessageSize fails the connection with 4009, once the host has it", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened({ limits: { maxMessageSize: 4 } })
      socket.say("é".repeat(2))
      socket.say("é".repeat(2) + "x")
      socket.say("dropped")
      expect(socket.closes).toEqual([[4009, expect.stringContaining("4 bytes")]])
      expect(yield* connection.receive).toBe("éé")
      expect(yield* Effect.flip(connection.receive)).toMatchObject({
        _tag: "ProtocolFailure",
        rule: "MessageTooBig",
        excess: { _tag: "Declared", limit: 4, length: 5 }
      })
      socket.end(4009)
      expect(yield* connection.outcome).toMatchObject({
        _tag: "Failed",
        closedFirst: "us",
        local: { code: 4009 },
        remote: { code: 4009 }
      })
    }))

  it.scoped("what is not read is kept up to inboxSize, and beyond it the connection fails with 4008", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened({ limits: { inboxSize: 200 } })
      for (const message of ["x".repeat(100), "y".repeat(100), "z"]) socket.say(message)
      expect(socket.closes).toEqual([[4008, expect.any(String)]])
      expect([(yield* connection.receive)[0], (yield* connection.receive)[0]]).toEqual(["x", "y"])
      expect(yield* Effect.flip(connection.receive)).toMatchObject({
        _tag: "ConnectionDropped",
        cause: { _tag: "InboxFull", limit: 200, size: 328 },
        message: expect.stringContaining("inboxSize is 200")
      })
      yield* TestClock.adjust("2 seconds") // the peer does not answer
      expect(yield* connection.outcome).toMatchObject({
        _tag: "Failed",
        failure: { _tag: "InboxFull" },
        remote: undefined
      })
    }))

  it.scoped("whoever reads in time has all of it", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened({ limits: { inboxSize: 200 } })
      const heard: Array<unknown> = []
      const reading = yield* Effect.fork(connection.run((message) => void heard.push(message)))
      yield* turn
      for (let i = 0; i < 100; i++) socket.say("x".repeat(100))
      socket.end(1000)
      yield* Fiber.join(reading)
      expect(heard).toHaveLength(100)
    }))
})

describe("ends", () => {
  it.scoped("ours: with a code that a page may say", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      expect(yield* Effect.flip(connection.close(1001))).toMatchObject({
        problem: "RefusedByHost",
        message: "nothing was sent: this host's WebSocket does not close with 1001: give 1000 or 3000 to 4999"
      })
      expect(yield* Effect.flip(connection.close(1005))).toMatchObject({ problem: "IllegalCode" })
      const closing = yield* Effect.fork(connection.close(4000, "bye"))
      yield* turn
      expect([socket.closes, connection.isOpen]).toEqual([[[4000, "bye"]], false])
      socket.say("last words")
      socket.end(4000, "bye")
      const status = { _tag: "Status", code: 4000, reason: "bye" }
      expect(yield* Fiber.join(closing)).toMatchObject({
        _tag: "Clean",
        closedFirst: "us",
        local: status,
        remote: status
      })
      expect(yield* connection.receive).toBe("last words")
      expect(yield* Effect.flip(connection.receive)).toMatchObject({ _tag: "EndOfMessages" })
      expect(yield* Effect.flip(connection.send("x"))).toMatchObject({ _tag: "ConnectionClosed" })
    }))

  it.scoped("the peer's: clean, and of our Close the host tells nothing", () =>
    Effect.gen(function*() {
      const ends = [[1000, "done"], [1005, ""], [1011, "oops"]] as const
      const outcomes = yield* Effect.forEach(ends, ([code, reason]) =>
        Effect.gen(function*() {
          const { connection, socket } = yield* opened()
          socket.end(code, reason)
          const end = yield* Effect.flip(connection.receive)
          return { outcome: yield* connection.outcome, end: end._tag }
        }))
      expect(outcomes).toMatchObject([
        { outcome: { _tag: "Clean", closedFirst: "peer", local: undefined, remote: { code: 1000, reason: "done" } } },
        { outcome: { _tag: "Clean", remote: { _tag: "Empty" } }, end: "EndOfMessages" },
        { outcome: { _tag: "Clean", remote: { code: 1011 } }, end: "PeerClosed" }
      ])
    }))

  it.scoped("0, which Deno says where others say 1006: dropped, and worth another attempt", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      socket.dispatch("error", { message: "Unexpected EOF" })
      socket.dispatch("close", { code: 0, reason: "", wasClean: false })
      const outcome = yield* connection.outcome
      expect(outcome).toMatchObject({
        _tag: "Dropped",
        remote: undefined,
        closedFirst: "none",
        cause: { _tag: "Reset", error: "Unexpected EOF" }
      })
      expect(isRetryable(outcome)).toBe(true)
    }))

  it.scoped("1006: dropped, and the host does not say why", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      socket.end(1006)
      expect(yield* connection.outcome).toMatchObject({
        _tag: "Dropped",
        closedFirst: "none",
        remote: undefined,
        cause: { _tag: "Reset", error: { _tag: "Unexplained", code: 1006 } }
      })
      expect(yield* Effect.flip(connection.receive)).toMatchObject({
        message: "the transport broke: the host's WebSocket ended with 1006, and does not tell a page why"
      })
    }))

  // So Chromium tells it. Firefox says that it was clean.
  it.scoped("a Close while some of ours had not left: dropped, and the peer's code counts", () =>
    Effect.gen(function*() {
      const ends = [[1000, "enough"], [4001, "who are you"], [1012, "restart"]] as const
      const seen = yield* Effect.forEach(ends, ([code, reason]) =>
        Effect.gen(function*() {
          const { connection, socket } = yield* opened()
          socket.takes = false
          yield* connection.send("unsent")
          socket.end(code, reason, false)
          const end = yield* Effect.flip(connection.receive)
          const outcome = yield* connection.outcome
          return { end: end._tag, outcome, again: isRetryable(outcome) }
        }))
      const cause = { _tag: "Reset", error: { message: expect.stringContaining("before everything sent had left") } }
      expect(seen).toMatchObject([
        { outcome: { _tag: "Dropped", remote: { code: 1000 }, cause }, end: "EndOfMessages", again: false },
        { outcome: { _tag: "Dropped", remote: { code: 4001 }, cause }, end: "PeerClosed", again: false },
        { outcome: { _tag: "Dropped", remote: { code: 1012 }, cause }, end: "PeerClosed", again: true }
      ])
    }))

  it.scoped("nobody answers our Close: CloseTimeout, later while the host still sends what was accepted", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      socket.takes = false
      yield* connection.send("xx")
      const closing = yield* Effect.fork(connection.close())
      yield* turn
      yield* TestClock.adjust("4 seconds")
      socket.bufferedAmount = 1
      yield* TestClock.adjust("5 seconds")
      expect(connection.currentOutcome._tag).toBe("None")
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(closing)).toMatchObject({ _tag: "CloseTimeout", local: { code: 1000 }, droppedBy: "us" })
      expect(socket.listening).toBe(0)
    }))

  it.scoped("abort: at once, and the host closes when it can", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      expect(yield* connection.abort("enough")).toMatchObject({ _tag: "Aborted", why: { reason: "enough" } })
      expect([socket.closes, socket.listening]).toEqual([[[]], 0])
      socket.end(1006)
      expect(yield* connection.outcome).toMatchObject({ _tag: "Aborted" })
    }))

  it.effect("the scope closes: 1000, and linger", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { connection, socket } = yield* Scope.extend(opened({ linger: "2 seconds" }), scope)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* turn
      expect(socket.closes).toEqual([[1000, ""]])
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(closing)
      expect(yield* connection.outcome).toMatchObject({ _tag: "Aborted", why: { _tag: "ScopeClosed" } })
    }))

  it.scoped("a page that goes into the back/forward cache gives its connections up, and only then", () =>
    Effect.gen(function*() {
      const { connection, page, socket } = yield* opened()
      page.dispatch("pagehide", { persisted: false })
      expect(connection.isOpen).toBe(true)
      page.dispatch("pagehide", { persisted: true })
      expect(yield* connection.outcome).toMatchObject({ _tag: "Aborted", why: { _tag: "Suspended" } })
      expect([socket.closes, page.listening]).toEqual([[[]], 0])
    }))
})

describe("pings", () => {
  it.scoped("are not to be had", () =>
    Effect.gen(function*() {
      const { connection, socket } = yield* opened()
      expect(yield* Effect.flip(connection.ping)).toMatchObject({ _tag: "PingUnavailable" })
      socket.end(1000)
      expect(yield* Effect.flip(connection.ping)).toMatchObject({ _tag: "ConnectionClosed" })
    }))
})
