import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { pair, scripted, turn } from "./pair.js"
import { bytes, concat, continuationTo, frameTo, textTo, wordsOf } from "./wire.js"

describe("two ends", () => {
  it.scoped("echo messages and close cleanly", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      yield* Effect.forkScoped(Stream.run(server.messages, server.sink))
      yield* client.send("hello")
      yield* client.send(Uint8Array.of(1, 2, 3))
      expect(yield* client.receive).toBe("hello")
      expect(yield* client.receive).toEqual(Uint8Array.of(1, 2, 3))
      const outcome = yield* client.close()
      expect(outcome).toMatchObject({ _tag: "Clean", closedFirst: "us", droppedBy: "peer" })
      expect(yield* server.outcome).toMatchObject({ _tag: "Clean", closedFirst: "peer", droppedBy: "us" })
    }))

  const message = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 50 }),
    fc.uint8Array({ maxLength: 50 }),
    fc.constantFrom("x".repeat(70_000), new Uint8Array(70_000).fill(3))
  )

  it.effect("exchange any messages, however the octets between them are cut", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(message, { maxLength: 6 }), fc.integer({ min: 1, max: 7 }), (messages, size) =>
          Effect.runPromise(Effect.scoped(Effect.gen(function*() {
            const { client, server } = yield* pair({
              split: (octets) =>
                octets.length > 1000
                  ? [octets.slice(0, size), octets.slice(size)]
                  : Array.from(
                    { length: Math.ceil(octets.length / size) },
                    (_, i) => octets.slice(i * size, (i + 1) * size)
                  )
            })
            yield* Effect.forkScoped(server.run((received) =>
              server.send(received)
            ))
            yield* client.sendAll(messages)
            for (const sent of messages) {
              const received = yield* client.receive
              expect(Buffer.from(received).equals(Buffer.from(sent))).toBe(true)
              expect(typeof received).toBe(typeof sent)
            }
            expect(yield* client.close()).toMatchObject({ _tag: "Clean" })
          })))),
        { numRuns: 20 }
      )
    ))

  it.scoped("many messages at once, both ways, in order", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      const sent = Array.from({ length: 5000 }, (_, i) => `${i}`)
      const take = (end: typeof client) => Stream.runCollect(Stream.take(end.messages, 5000))
      const [, , atServer, atClient] = yield* Effect.all([
        client.sendAll(sent),
        Stream.run(Stream.fromIterable(sent), server.sink),
        take(server),
        take(client)
      ], { concurrency: "unbounded" })
      expect(Chunk.toReadonlyArray(atServer)).toEqual(sent)
      expect(Chunk.toReadonlyArray(atClient)).toEqual(sent)
    }))
})

describe("reading", () => {
  it.scoped("receive takes one, and leaves what came with it", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      transport.says(concat(textTo("server", "a"), textTo("server", "b"), textTo("server", "c")))
      expect(yield* connection.receive).toBe("a")
      const { pull } = yield* connection.reader
      expect(yield* pull).toEqual(["b", "c"])
    }))

  it.scoped("a reader gets all that one read brought, at once", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const { pull } = yield* connection.reader
      const pulling = yield* Effect.fork(pull)
      yield* turn
      transport.says(concat(textTo("server", "a"), textTo("server", "b")))
      expect(yield* Fiber.join(pulling)).toEqual(["a", "b"])
    }))

  it.scoped("a handler is called in the turn of the read, and its reply leaves with that turn", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      yield* Effect.fork(connection.run((message) => void connection.trySend(message)))
      yield* turn
      transport.says(concat(textTo("server", "a"), textTo("server", "b")))
      expect(wordsOf(transport.wire)).toEqual(["text a", "text b"])
      expect(transport.writes).toHaveLength(1)
    }))

  it.scoped("a throw in a handler is a defect of its run, and no harm to the transport or the connection", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const running = yield* Effect.fork(connection.run(() => {
        throw new Error("thrown")
      }))
      yield* turn
      expect(() => transport.says(textTo("server", "a"), textTo("server", "b"))).not.toThrow()
      expect(yield* Fiber.await(running)).toEqual(Exit.die(new Error("thrown")))
      expect(connection.currentOutcome).toEqual(Option.none())
      expect(yield* connection.receive).toBe("b")
    }))

  it.scoped("run completes as messages does: with the peer's normal Close, and fails with another", () =>
    Effect.gen(function*() {
      for (
        const [code, expected] of [[1000, Exit.void], [4000, Exit.fail({ _tag: "PeerClosed", code: 4000 })]] as const
      ) {
        const { client, server } = yield* pair()
        const running = yield* Effect.fork(server.run(() => {}))
        yield* client.close(code)
        expect(yield* Fiber.await(running)).toMatchObject(expected)
      }
    }))
})

describe("pings from the peer", () => {
  it.scoped("are answered without anybody reading, amid fragments, and behind a full inbox", () =>
    Effect.gen(function*() {
      const { transport } = yield* scripted("server", { inboxSize: 100 })
      transport.says(concat(
        textTo("server", "x".repeat(200)),
        textTo("server", "a", { fin: false }),
        frameTo("server", Frame.opcode.ping, bytes("1")),
        continuationTo("server", bytes("b")),
        frameTo("server", Frame.opcode.ping, bytes("2"))
      ))
      expect(wordsOf(transport.wire)).toEqual(["pong 1", "pong 2"])
    }))
})

describe("what a connection says of itself", () => {
  it.scoped("is what the opening handshake settled", () =>
    Effect.gen(function*() {
      const { client, server } = yield* pair()
      expect([client.role, server.role]).toEqual(["client", "server"])
      expect([client.subprotocol, client.extensions, client.opening.target]).toEqual([Option.none(), "", "/"])
      expect(client.currentOutcome).toEqual(Option.none())
      const outcome = yield* client.close()
      expect(client.currentOutcome).toEqual(Option.some(outcome))
    }))
})
