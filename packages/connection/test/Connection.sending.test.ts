import { describe, expect, it } from "@effect/vitest"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { pair, scripted, turn } from "./pair.js"
import { bytes, framesOf, hex, wordsOf } from "./wire.js"

const small = { outboxSize: 1000, outboxResume: 100 }

describe("sendStream", () => {
  it.scoped("is one message, a frame for each element, and holds other data back, but no control frame", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const source = yield* Queue.unbounded<string>()
      const sending = yield* Effect.fork(connection.sendStream("text", Stream.take(Stream.fromQueue(source), 3)))
      yield* turn
      yield* Queue.offer(source, "a")
      yield* turn
      const message = yield* Effect.fork(connection.send("message"))
      const second = yield* Effect.fork(connection.sendStream("binary", Stream.make(bytes("x"), bytes("y"))))
      const all = yield* Effect.fork(connection.sendAll(["behind", "it"]))
      yield* Effect.fork(connection.ping)
      yield* Queue.offerAll(source, ["", "b"])
      yield* Fiber.joinAll([sending, message, second, all])
      transport.endTurn()
      const words = wordsOf(transport.wire).map((word) => word.startsWith("ping") ? "ping" : word)
      expect(words).toEqual([
        "text a…",
        "ping",
        "continuation b…",
        "continuation",
        "text message",
        "binary x…",
        "continuation y…",
        "continuation",
        "text behind",
        "text it"
      ])
    }))

  it.scoped("of nothing is an empty message", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      yield* connection.sendStream("text", Stream.empty)
      yield* connection.sendStream("binary", Stream.empty)
      transport.endTurn()
      expect(wordsOf(transport.wire)).toEqual(["text", "binary"])
    }))

  it.scoped("leaves no trace of a source that fails or is interrupted before its first octet", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const failing = connection.sendStream("text", Stream.concat(Stream.make("", ""), Stream.fail("no")))
      expect(yield* Effect.exit(failing)).toEqual(Exit.fail("no"))
      const sending = yield* Effect.fork(connection.sendStream("text", Stream.never))
      yield* turn
      yield* Fiber.interrupt(sending)
      const waiting = yield* Effect.fork(connection.sendStream("text", Stream.make("never")))
      yield* Fiber.interrupt(waiting)
      yield* connection.send("next")
      transport.endTurn()
      expect(wordsOf(transport.wire)).toEqual(["text next"])
    }))

  it.scoped("closes with 1011 when its source fails, dies or is interrupted later", () =>
    Effect.gen(function*() {
      const begun = Stream.make("begun")
      for (const rest of [Stream.fail("no"), Stream.die("no"), Stream.never]) {
        const { connection, transport } = yield* scripted("server")
        const sending = yield* Effect.fork(connection.sendStream("text", Stream.concat(begun, rest)))
        yield* turn
        const held = yield* Effect.fork(Effect.flip(connection.send("held back")))
        yield* turn
        yield* Fiber.interrupt(sending)
        expect(wordsOf(transport.wire)).toEqual(["text begun…", "close 1011 a message was abandoned"])
        expect((yield* Fiber.join(held))._tag).toBe("ConnectionClosed")
      }
    }))

  it.scoped("waits for room, and is interrupted or failed while it does", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", small)
      transport.passes = false
      let drawn = 0
      const source = Stream.rechunk(
        Stream.tap(Stream.repeatValue("x".repeat(100)), () => Effect.sync(() => drawn++)),
        1
      )
      const sending = yield* Effect.fork(Effect.exit(connection.sendStream("text", source)))
      yield* turn
      expect(drawn).toBeLessThan(12)
      transport.endTurn()
      transport.drain()
      yield* turn
      expect(drawn).toBeGreaterThan(12)
      transport.receiver?.onClosed(new Error("ECONNRESET"))
      expect(yield* Fiber.join(sending)).toMatchObject(Exit.fail({ _tag: "ConnectionClosed" }))
    }))

  it.scoped("ends with the connection, though its source has nothing to say: neither fiber nor source is left", () =>
    Effect.gen(function*() {
      const ways: Record<string, (made: Effect.Effect.Success<ReturnType<typeof scripted>>) => Effect.Effect<unknown>> =
        {
          "our Close": ({ connection }) => Effect.fork(connection.close()),
          "the peer's Close": ({ transport }) => Effect.sync(() => transport.says(hex("8882 00000000 03e8"))),
          "a violation": ({ transport }) => Effect.sync(() => transport.says(hex("8380 00000000"))),
          "the end of the stream": ({ transport }) => Effect.sync(() => transport.receiver?.onEnd()),
          "a reset": ({ transport }) => Effect.sync(() => transport.receiver?.onClosed(new Error("ECONNRESET"))),
          "an abort": ({ connection }) => Hosting.abort(connection, { _tag: "ScopeClosed" })
        }
      for (const [name, way] of Object.entries(ways)) {
        const made = yield* scripted("server")
        yield* Effect.fork(Effect.ignore(made.connection.run(() => {})))
        let released = 0
        const source = Stream.ensuring(Stream.concat(Stream.make("half"), Stream.never), Effect.sync(() => released++))
        const sending = yield* Effect.fork(Effect.exit(made.connection.sendStream("text", source)))
        yield* turn
        yield* way(made)
        yield* turn
        const exit = yield* Fiber.poll(sending)
        expect([name, released, exit]).toMatchObject([
          name,
          1,
          Option.some(Exit.succeed(Exit.fail({ _tag: "ConnectionClosed" })))
        ])
      }
    }))

  it.scoped("keeps surrogate pairs whole that its elements split", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      const receiving = yield* Effect.fork(Effect.forever(Effect.flatMap(server.receive, server.send)))
      const text = fc.string({ unit: "grapheme", maxLength: 20 })
      for (const sample of fc.sample(text, 30)) {
        const units = sample.split("")
        yield* client.sendStream("text", Stream.rechunk(Stream.fromIterable(units), 2))
        expect(yield* client.receive).toBe(sample)
      }
      yield* client.sendStream("text", Stream.make("a\ud83d", "\ud83d", "\ude00\ud83d"))
      expect(yield* client.receive).toBe("a\ufffd\u{1f600}\ufffd")
      yield* Fiber.interrupt(receiving)
    }))
})

describe("sending many", () => {
  it.scoped("sendAll releases what its iterator holds, where it stops early", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", { outboxSize: 10, outboxResume: 5 })
      transport.passes = false
      const released: Array<string> = []
      const source = function*(name: string) {
        try {
          for (let i = 0; i < 100; i++) yield "0123456789"
        } finally {
          released.push(name)
        }
      }
      const sending = yield* Effect.fork(connection.sendAll(source("interrupted")))
      yield* turn
      yield* Fiber.interrupt(sending)
      expect(released).toEqual(["interrupted"])
      const closed = yield* Effect.fork(connection.sendAll(source("closed")))
      yield* turn
      transport.receiver?.onClosed(undefined)
      expect(Exit.isFailure(yield* Fiber.await(closed))).toBe(true)
      expect(released).toEqual(["interrupted", "closed"])
    }))

  it.scoped("sendAll sends a prefix when it is interrupted, and goes on in order when there is room", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", small)
      transport.passes = false
      const all = Array.from({ length: 30 }, (_, i) => `${i}:${"x".repeat(100)}`)
      const sending = yield* Effect.fork(connection.sendAll(all))
      yield* turn
      transport.endTurn()
      transport.drain()
      yield* turn
      yield* Fiber.interrupt(sending)
      transport.passes = true
      transport.drain()
      transport.endTurn()
      const sent = framesOf(transport.wire).map(([, payload]) => payload)
      expect(sent.length).toBeGreaterThan(15)
      expect(sent.length).toBeLessThan(30)
      expect(sent).toEqual(all.slice(0, sent.length))
    }))

  it.scoped("the sink suspends its source while the peer does not read, and loses nothing", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair({ server: small, client: { inboxSize: 1000 } })
      let drawn = 0
      const source = Stream.map(Stream.rechunk(Stream.range(1, 2000), 7), (i) => {
        drawn++
        return `${i}`.padEnd(100)
      })
      const sending = yield* Effect.fork(Stream.run(source, server.sink))
      yield* turn
      yield* turn
      expect(drawn).toBeLessThan(1000) // 64 KiB of the loopback, and the outbox
      const held = drawn
      yield* turn
      expect(drawn).toBe(held)
      const received = yield* Effect.fork(Stream.runCollect(Stream.take(client.messages, 2000)))
      yield* Fiber.join(sending)
      const numbers = [...yield* Fiber.join(received)].map((message) => Number(message))
      expect(numbers).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1))
    }))

  it.scoped("the sink fails when the connection closes, and passes on what its source fails with", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const source: Stream.Stream<string, string> = Stream.concat(Stream.make("a"), Stream.fail("no"))
      expect(yield* Effect.exit(Stream.run(source, connection.sink))).toEqual(Exit.fail("no"))
      transport.receiver?.onEnd()
      expect(yield* Effect.flip(Stream.run(Stream.make("b"), connection.sink))).toMatchObject({
        _tag: "ConnectionClosed"
      })
    }))

  it.scoped("a prepared message is encoded once for all, and sent to each as any other", () =>
    Effect.gen(function*() {
      const ends = yield* Effect.all([scripted("server"), scripted("client"), scripted("server", small)])
      const message = new PreparedMessage("héllo".repeat(5000))
      for (const { connection, transport } of ends) {
        expect(connection.trySend(message)).toBe("accepted")
        transport.endTurn()
        expect(framesOf(transport.wire)[0]?.[1]).toHaveLength(30_000)
      }
      expect(ends[0]?.transport.writes[0]?.[1]?.buffer).toBe(ends[2]?.transport.writes[0]?.[1]?.buffer)
    }))
})

describe("flush", () => {
  it.scoped("waits until what was accepted has left", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      yield* connection.flush
      transport.passes = false
      yield* connection.send("x")
      const flushing = yield* Effect.fork(connection.flush)
      yield* turn
      expect([flushing.unsafePoll(), connection.bufferedAmount]).toEqual([null, 3])
      transport.drain()
      yield* Fiber.join(flushing)
      expect(connection.bufferedAmount).toBe(0)
    }))

  it.scoped("fails when the connection is lost meanwhile", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      transport.passes = false
      yield* connection.send("x")
      const flushing = yield* Effect.fork(connection.flush)
      yield* turn
      transport.receiver?.onClosed(undefined)
      expect(yield* Fiber.await(flushing)).toMatchObject(Exit.fail({ _tag: "ConnectionClosed" }))
      expect(connection.currentOutcome).toMatchObject(Option.some({ _tag: "Dropped", cause: { _tag: "Eof" } }))
    }))
})
