/** Text that is not decoded: as bytes, it is what it would have been as a string, and it is sent as it came. */
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type { Octets } from "@effect-ws/codec/Primitives"
import type { Role } from "@effect-ws/connection/CloseOutcome"
import type { Connection, ConnectionFor, StreamedConnection } from "@effect-ws/connection/Connection"
import type { Compression } from "@effect-ws/connection/host/Compression"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import {
  type AnyMessage,
  type ByteMessage,
  type Message,
  PreparedMessage,
  TextBytes,
  weigh
} from "@effect-ws/connection/Message"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { scripted, scriptedBytes, turn } from "./pair.js"
import {
  binaryTo,
  bytes,
  closeTo,
  concat,
  continuationTo,
  framesOf,
  frameTo,
  hex,
  roles,
  textTo,
  wordsOf
} from "./wire.js"

const opcode = Frame.opcode

const must = (octets: Uint8Array): TextBytes => {
  const text = TextBytes.make(Uint8Array.from(octets))
  if (text === undefined) throw new Error("not UTF-8")
  return text
}

const textOf = (message: ByteMessage): TextBytes => {
  if (message instanceof TextBytes) return message
  throw new Error("not text")
}

/** A host's compression that turns all octets over, at once: what was not inflated, or not deflated, shows. */
const turningOver = (): Compression => {
  const over = (octets: Uint8Array) => octets.map((octet) => octet ^ 0xff)
  return {
    inflate: (octets) => ({
      _tag: "Now",
      value: { _tag: "Inflated", parts: octets.length === 0 ? [] : [over(octets)] }
    }),
    isWorth: (size) => size > 3,
    deflate: (octets) => ({ _tag: "Now", value: over(octets) }),
    free: () => {}
  }
}

describe("TextBytes", () => {
  it("counts as much as octets do", () => {
    expect(weigh(must(bytes("é")))).toBe(weigh(new Uint8Array(2)))
  })

  it("is a type of its own: text and binary cannot be taken for each other", () => {
    expectTypeOf<ConnectionFor<"whole">>().toEqualTypeOf<Connection>()
    expectTypeOf<ConnectionFor<"bytes">>().toEqualTypeOf<Connection<ByteMessage>>()
    expectTypeOf<ConnectionFor<"streamed">>().toEqualTypeOf<StreamedConnection>()
    expectTypeOf<Effect.Effect.Success<Connection["receive"]>>().toEqualTypeOf<Message>()
    expectTypeOf<Effect.Effect.Success<Connection<ByteMessage>["receive"]>>().toEqualTypeOf<TextBytes | Octets>()
    expectTypeOf<Connection<ByteMessage>>().not.toMatchTypeOf<Connection>()
    expectTypeOf<Connection>().not.toMatchTypeOf<Connection<ByteMessage>>()
    expectTypeOf<TextBytes>().not.toMatchTypeOf<Uint8Array>()
  })
})

describe("a connection with text as bytes", () => {
  it.scoped("gives text as its bytes, and binary as it always does, by every way to read", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedBytes("server")
      const ways: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        connection.receive,
        Effect.scoped(Effect.map(Effect.flatMap(connection.reader, ({ pull }) => pull), ([first]) => first)),
        Effect.map(Stream.runHead(connection.messages), Option.getOrThrow)
      ]
      for (const way of ways) {
        transport.says(textTo("server", "é"))
        expect(yield* way).toEqual(must(bytes("é")))
        transport.says(binaryTo("server", bytes("é")))
        expect(yield* way).toEqual(Uint8Array.from(bytes("é")))
      }
      const seen: Array<ByteMessage> = []
      yield* Effect.fork(connection.run((message) => void seen.push(message)))
      yield* turn
      transport.says(
        concat(textTo("server", ""), textTo("server", "a", { fin: false }), continuationTo("server", bytes("€")))
      )
      expect(seen.map(String)).toEqual(["", "a€"])
    }))

  it.scoped("fails at text that is not UTF-8 (RFC 6455 §8.1), as soon as one with strings", () =>
    Effect.gen(function*() {
      for (const compression of [undefined, turningOver()]) {
        const { connection, transport } = yield* scriptedBytes("server", {}, compression)
        const bad = hex("61 ed a0 80")
        transport.says(
          compression === undefined
            ? frameTo("server", opcode.text, bad)
            : frameTo("server", opcode.text, bad.map((octet) => octet ^ 0xff), { rsv: Frame.rsv1 })
        )
        expect(wordsOf(transport.wire)).toEqual(["close 1007 text must be UTF-8"])
        expect(yield* Effect.flip(connection.receive)).toMatchObject({ _tag: "ProtocolFailure" })
      }
    }))

  /** Each in a read of its own, or all in one; in one frame or three; compressed or not. */
  it.scoped("hands out memory that is the receiver's alone, at offset 0, however the text came", () =>
    Effect.gen(function*() {
      for (const size of [0, 1, 125, 1000, 70_000]) {
        const text = "é".repeat(size)
        const payload = bytes(text)
        const third = Math.floor(payload.length / 3)
        const over = payload.map((octet) => octet ^ 0xff)
        const wires: ReadonlyArray<readonly [Compression | undefined, ReadonlyArray<Uint8Array>]> = [
          [undefined, [textTo("server", text)]],
          [undefined, [
            frameTo("server", opcode.text, payload.slice(0, third), { fin: false }),
            frameTo("server", opcode.continuation, payload.slice(third, 2 * third), { fin: false }),
            frameTo("server", opcode.continuation, payload.slice(2 * third))
          ]],
          [turningOver(), [frameTo("server", opcode.text, over, { rsv: Frame.rsv1 })]],
          [turningOver(), [
            frameTo("server", opcode.text, over.slice(0, third), { fin: false, rsv: Frame.rsv1 }),
            frameTo("server", opcode.continuation, over.slice(third))
          ]]
        ]
        for (const [compression, frames] of wires) {
          const { connection, transport } = yield* scriptedBytes("server", {}, compression)
          transport.says(concat(...frames, ...frames)) // in one read: with a neighbor
          transport.says(...frames) // in many
          const all: Array<TextBytes> = []
          while (all.length < 3) all.push(textOf(yield* connection.receive))
          expect(new Set(all.map((message) => message.bytes.buffer)).size).toBe(3)
          for (const { bytes } of all) {
            expect([bytes.byteOffset, bytes.length, bytes.buffer.byteLength]).toEqual([
              0,
              payload.length,
              payload.length
            ])
            expect(Buffer.from(bytes).equals(payload)).toBe(true)
            structuredClone(bytes, { transfer: [bytes.buffer] }) // its neighbors are not hurt
          }
        }
      }
    }))

  it.scoped("counts what waits: reading pauses beyond the inbox, and a message beyond its limit is 1009", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedBytes("server", { inboxSize: 600, maxMessageSize: 400 })
      transport.says(textTo("server", "a".repeat(200)))
      expect(transport.calls).toEqual([])
      transport.says(textTo("server", "a".repeat(200)))
      expect(transport.calls).toEqual(["pause"])
      yield* connection.receive
      yield* connection.receive
      transport.says(textTo("server", "a".repeat(401)))
      yield* Effect.flip(connection.receive)
      expect(wordsOf(transport.wire).map((word) => word.slice(0, 10))).toEqual(["close 1009"])
    }))

  it.scoped("is run by a host without a fiber", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedBytes("server")
      const runtime = yield* Effect.runtime<never>()
      const seen: Array<string> = []
      Hosting.unsafeRun(connection, runtime, (_, message) => void seen.push(textOf(message).toString()), () => {})
      transport.says(textTo("server", "a"))
      expect(seen).toEqual(["a"])
    }))
})

describe("sending text as bytes", () => {
  const received = must(bytes("text €"))

  it.scoped("sends a text message of these bytes, by every way to send", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      yield* connection.send(received)
      yield* connection.sendAll([received, Uint8Array.from(received.bytes)])
      expect(connection.trySend(received)).toBe("accepted")
      yield* Stream.run(Stream.make(received), connection.sink)
      const prepared = new PreparedMessage(received)
      expect(prepared.kind).toBe("text")
      yield* connection.send(prepared)
      transport.endTurn()
      const payload = Buffer.from(received.bytes).toString("latin1")
      expect(framesOf(transport.wire)).toEqual(
        [opcode.text, opcode.text, opcode.binary, opcode.text, opcode.text, opcode.text].map((
          kind
        ) => [kind, payload, true])
      )
    }))

  it.scoped("references what is large, and copies nothing of it", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server")
      const large = must(bytes("a".repeat(100_000)))
      yield* connection.send(large)
      transport.endTurn()
      expect(transport.writes.flat()).toContain(large.bytes)
    }))

  /** One for the text, in either form, on a connection that has been asked for it in that form. */
  const relayed = (role: Role, incoming: "whole" | "bytes", wire: Uint8Array, compression: Compression | undefined) =>
    Effect.gen(function*() {
      const from = yield* incoming === "bytes"
        ? scriptedBytes("client", {}, compression)
        : scripted("client", {}, compression)
      const to = yield* scripted(role, {}, compression)
      const relay = (message: AnyMessage): void => void to.connection.trySend(message)
      yield* Effect.fork(Effect.exit(from.connection.run(relay)))
      yield* turn
      from.transport.says(wire)
      to.transport.endTurn()
      return { relayed: to.transport.wire, answered: from.transport.wire }
    })

  it("relays any text with the frames that decoding and encoding it would give", () => {
    const kind = fc.constantFrom(opcode.text, opcode.text, opcode.binary)
    const content = fc.oneof(
      { weight: 8, arbitrary: fc.string({ unit: "grapheme", maxLength: 300 }).map(bytes) },
      { weight: 2, arbitrary: fc.constantFrom("é".repeat(9000), "a".repeat(66_000), "\ufeffa").map(bytes) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) } // mostly not UTF-8
    )
    const message = fc.record({ kind, content, at: fc.nat(), compressed: fc.boolean() })
    const scene = fc.record({
      role: fc.constantFrom(...roles),
      compression: fc.boolean(),
      messages: fc.array(message, { maxLength: 6 })
    })
    return fc.assert(
      fc.asyncProperty(scene, async ({ compression, messages, role }) => {
        const wire = concat(
          ...messages.flatMap(({ at, compressed, content, kind }) => {
            const isCompressed = compression && compressed
            const payload = isCompressed ? content.map((octet) => octet ^ 0xff) : content
            const split = at % (payload.length + 1)
            const rsv = isCompressed ? Frame.rsv1 : 0
            return [
              frameTo("client", kind, payload.slice(0, split), { fin: false, rsv }),
              frameTo("client", opcode.continuation, payload.slice(split))
            ]
          }),
          closeTo("client", CloseStatus.make(1000))
        )
        const extension = compression ? turningOver() : undefined
        const run = (incoming: "whole" | "bytes") =>
          Effect.runPromise(Effect.scoped(relayed(role, incoming, wire, extension)))
        const [texts, asBytes] = [await run("whole"), await run("bytes")]
        expect(Buffer.from(asBytes.relayed).equals(texts.relayed)).toBe(true)
        expect(wordsOf(asBytes.answered)).toEqual(wordsOf(texts.answered))
      }),
      { numRuns: 30 }
    )
  })

  it.scoped("waits its turn behind a message that is being deflated, with the bytes as they were", () =>
    Effect.gen(function*() {
      const answers: Array<() => void> = []
      const { connection, transport } = yield* scripted("server", {}, {
        ...turningOver(),
        deflate: (octets) => {
          const value = octets.slice()
          return { _tag: "Later", listen: (listener) => void answers.push(() => listener(value)) }
        }
      })
      const own = must(bytes("mine!"))
      yield* connection.sendAll(["first", own])
      own.bytes.fill(0x62)
      while (answers.length > 0) answers.shift()?.()
      transport.endTurn()
      expect(framesOf(transport.wire).map(([, payload]) => payload)).toEqual(["first", "mine!"])
    }))
})
