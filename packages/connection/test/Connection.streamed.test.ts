import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { MessageStream } from "@effect-ws/connection/Connection"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { scriptedStreams, turn } from "./pair.js"
import { binaryTo, bytes, closeTo, concat, continuationTo, frameTo, textTo } from "./wire.js"

type Text = Extract<MessageStream, { kind: "text" }>
type Binary = Extract<MessageStream, { kind: "binary" }>

const asText = (message: MessageStream): Text => {
  if (message.kind !== "text") throw new Error("not text")
  return message
}

const asBinary = (message: MessageStream): Binary => {
  if (message.kind !== "binary") throw new Error("not binary")
  return message
}

const whole = (message: MessageStream) => Stream.mkString(asText(message).payload)
const normal = CloseStatus.make(1000)

describe("messageStreams", () => {
  it.scoped("gives each message as a Stream of its pieces, as they arrive", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server")
      const pieces = yield* Queue.unbounded<string>()
      const reading = yield* Effect.fork(Stream.runForEach(connection.messageStreams, (message) =>
        Effect.zipRight(
          Queue.offer(pieces, message.kind),
          message.kind === "text"
            ? Stream.runForEach(message.payload, (piece) => Queue.offer(pieces, piece))
            : Stream.runForEach(message.payload, (piece) => Queue.offer(pieces, `${piece.length} octets`))
        )))
      transport.says(textTo("server", "a", { fin: false }))
      yield* turn
      expect([...yield* Queue.takeAll(pieces)]).toEqual(["text", "a"])
      transport.says(continuationTo("server", bytes("b€").slice(0, 2), { fin: false }))
      yield* turn
      expect([...yield* Queue.takeAll(pieces)]).toEqual(["b"])
      transport.says(concat(continuationTo("server", bytes("€").slice(1)), binaryTo("server", new Uint8Array(9))))
      yield* turn
      expect([...yield* Queue.takeAll(pieces)]).toEqual(["€", "binary", "9 octets"])
      transport.says(concat(textTo("server", ""), binaryTo("server", new Uint8Array(0)), closeTo("server", normal)))
      yield* Fiber.join(reading)
      expect([...yield* Queue.takeAll(pieces)]).toEqual(["text", "binary"])
    }))

  it.scoped("takes messages beyond the limit of whole ones", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server", { maxMessageSize: 10 })
      const reading = yield* Effect.fork(Stream.runFold(
        Stream.flatMap(connection.messageStreams, (message) => asBinary(message).payload),
        0,
        (sum, piece) => sum + piece.length
      ))
      for (let i = 0; i < 50; i++) {
        transport.says(binaryTo("server", new Uint8Array(1000), { fin: false }))
        for (let j = 0; j < 10; j++) transport.says(continuationTo("server", new Uint8Array(1000), { fin: j === 9 }))
        yield* turn
      }
      transport.says(closeTo("server", normal))
      expect(yield* Fiber.join(reading)).toBe(550_000)
    }))

  it.scoped("discards what nobody reads of a message once the next is asked for", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server")
      const seen: Array<string> = []
      const reading = yield* Effect.fork(Stream.runForEach(connection.messageStreams, (message) =>
        Effect.map(
          Stream.runCollect(Stream.take(asText(message).payload, 1)),
          (pieces) => void seen.push(Chunk.join(pieces, ""))
        )))
      transport.says(concat(textTo("server", "one", { fin: false }), continuationTo("server", bytes("more"))))
      yield* turn
      transport.says(textTo("server", "two", { fin: false }))
      yield* turn
      transport.says(continuationTo("server", bytes("more"), { fin: false }))
      transport.says(continuationTo("server", bytes("more")), textTo("server", "three"), closeTo("server", normal))
      yield* Fiber.join(reading)
      expect(seen).toEqual(["one", "two", "three"])
    }))

  it.scoped("reading on in a message whose successor was asked for fails", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server")
      transport.says(textTo("server", "one", { fin: false }))
      transport.says(continuationTo("server", bytes("more")), textTo("server", "two"), closeTo("server", normal))
      const messages = [...yield* Stream.runCollect(connection.messageStreams)]
      expect(messages).toHaveLength(2)
      for (const message of messages) {
        expect(yield* Effect.flip(Stream.runDrain(asText(message).payload))).toMatchObject({
          _tag: "MessageDiscarded",
          why: "NextAsked"
        })
      }
    }))

  it.scoped("and so does reading that waits while the successor is asked for", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server")
      const readers = yield* Queue.unbounded<Fiber.Fiber<unknown, unknown>>()
      const outer = yield* Effect.fork(Stream.runForEach(connection.messageStreams, (message) =>
        Effect.gen(function*() {
          yield* Queue.offer(
            readers,
            yield* Effect.forkDaemon(Effect.flip(whole(message)))
          )
          yield* turn // it waits for more of its message
        })))
      transport.says(textTo("server", "one", { fin: false }))
      yield* turn
      const reader = yield* Queue.take(readers)
      yield* turn
      yield* turn
      expect(yield* Fiber.join(reader)).toMatchObject({ _tag: "MessageDiscarded", why: "NextAsked" })
      yield* Fiber.interrupt(outer)
    }))

  it.scoped("leaves what it has not read to the next who asks", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server")
      transport.says(concat(textTo("server", "one"), textTo("server", "two"), textTo("server", "three")))
      const first = yield* Stream.runCollect(Stream.mapEffect(Stream.take(connection.messageStreams, 1), whole))
      transport.says(closeTo("server", normal))
      const rest = yield* Stream.runCollect(Stream.mapEffect(connection.messageStreams, whole))
      expect([...first, ...rest]).toEqual(["one", "two", "three"])
    }))

  it.scoped("reading that waits when nobody asks for messages any more fails, too", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server")
      transport.says(textTo("server", "one", { fin: false }))
      const reader = yield* Stream.runHead(Stream.mapEffect(connection.messageStreams, (message) =>
        Effect.tap(Effect.forkDaemon(Effect.flip(whole(message))), () =>
          turn)))
      if (reader._tag === "None") {
        return expect.fail("no message")
      }
      yield* turn
      expect(reader.value.unsafePoll()).toMatchObject(Exit.succeed({ _tag: "MessageDiscarded" }))
    }))
})

describe("a message that is cut off", () => {
  const cut = (
    end: (transport: { says: (octets: Uint8Array) => void; receiver: { onEnd(): void } | undefined }) => void
  ) =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server")
      const reading = yield* Effect.fork(Effect.flip(Stream.runForEach(connection.messageStreams, whole)))
      transport.says(textTo("server", "half", { fin: false }))
      yield* turn
      end(transport)
      return yield* Fiber.join(reading)
    })

  it.scoped("never ends as if it were whole", () =>
    Effect.gen(function*() {
      expect(yield* cut(({ receiver }) => receiver?.onEnd())).toMatchObject({ _tag: "ConnectionDropped" })
      expect(yield* cut((peer) => peer.says(closeTo("server", normal)))).toMatchObject({
        _tag: "MessageDiscarded",
        why: "Closed"
      })
      expect(yield* cut((peer) => peer.says(closeTo("server", CloseStatus.make(3000))))).toMatchObject({ code: 3000 })
      expect(yield* cut((peer) => peer.says(frameTo("server", 1, bytes("?"))))).toMatchObject({
        rule: "ExpectedContinuation"
      })
    }))

  it.scoped("when we close and nobody reads: what is discarded never joins two messages to one", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server", { inboxSize: 200 })
      const gate = yield* Queue.unbounded<void>()
      const reading = yield* Effect.fork(Effect.exit(Stream.runCollect(Stream.mapEffect(
        connection.messageStreams,
        (message) =>
          Effect.gen(function*() {
            let read = ""
            yield* Stream.runForEach(asText(message).payload, (piece) => {
              read += piece
              return Queue.take(gate)
            })
            return read
          })
      ))))
      transport.says(textTo("server", "one", { fin: false }))
      yield* turn
      yield* Effect.fork(connection.close())
      yield* turn
      transport.says(continuationTo("server", bytes("x".repeat(300)), { fin: false })) // fills the inbox
      transport.says(continuationTo("server", bytes("lost")), textTo("server", "lost as well", { fin: false }))
      yield* Queue.offerAll(gate, Array.from({ length: 10 }, () => undefined))
      yield* turn
      transport.says(continuationTo("server", bytes("two")), closeTo("server", normal))
      yield* Queue.offerAll(gate, Array.from({ length: 10 }, () => undefined))
      expect(yield* Fiber.join(reading)).toMatchObject(Exit.fail({ _tag: "MessageDiscarded", why: "Closed" }))
    }))
})

describe("memory", () => {
  it.scoped("a small piece keeps no large read alive", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server")
      const sizes: Array<number> = []
      yield* Effect.fork(Stream.runForEach(
        Stream.flatMap(connection.messageStreams, (message) => asBinary(message).payload),
        (piece) => Effect.sync(() => sizes.push(piece.buffer.byteLength))
      ))
      yield* turn
      const pong = frameTo("server", 10, new Uint8Array(125))
      transport.says(
        concat(binaryTo("server", new Uint8Array(2), { fin: false }), ...Array.from({ length: 400 }, () => pong))
      )
      yield* turn
      transport.says(continuationTo("server", new Uint8Array(10_000)))
      yield* turn
      expect(sizes).toEqual([2, 10_000])
    }))

  it.scoped("reading pauses while nobody reads, and goes on when the pieces are taken", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server", { inboxSize: 1000 })
      transport.says(textTo("server", "x".repeat(2000), { fin: false }))
      expect(transport.calls).toEqual(["pause"])
      const reading = yield* Effect.fork(Stream.runForEach(connection.messageStreams, whole))
      yield* turn
      expect(transport.calls).toEqual(["pause", "resume"])
      yield* Fiber.interrupt(reading)
    }))
})
