/** What compression changes of order and time, with a "compressor" that changes no octet and answers now or later. */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type { Connection } from "@effect-ws/connection/Connection"
import type { Answer, Compression } from "@effect-ws/connection/host/Compression"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { ManualTransport } from "./ManualTransport.js"
import { host, opening, scripted, scriptedStreams, turn } from "./pair.js"
import { bytes, closeTo, concat, frameTo, textTo, wordsOf } from "./wire.js"

const normal = CloseStatus.make(1000)

const make = (when: "now" | "later") => {
  const answers: Array<() => void> = []
  let underWay = 0
  let freed = 0
  const give = <A>(value: A): Answer<A> => {
    if (when === "now") return { _tag: "Now", value }
    expect(++underWay, "at most one call of a kind is under way").toBeLessThanOrEqual(2)
    return {
      _tag: "Later",
      listen: (listener) =>
        void answers.push(() => {
          underWay--
          listener(value)
        })
    }
  }
  const compression: Compression = {
    inflate: (octets, _last, limit) =>
      give(octets.length > limit ? { _tag: "TooBig" } : { _tag: "Inflated", parts: [octets.slice()] }),
    isWorth: (size) => size > 3,
    deflate: (octets) => give(octets.slice()),
    free: () => void freed++
  }
  const answer = () => {
    for (let next = answers.shift(); next !== undefined; next = answers.shift()) next()
  }
  return { compression, answer, freed: () => freed }
}

const squeezed = (text: string, fields: Partial<Frame.Header> = {}) =>
  textTo("server", text, { rsv: Frame.rsv1, ...fields })

describe("messages that are inflated", () => {
  for (const when of ["now", "later"] as const) {
    it.scoped(`${when}: keep their order with others and with the Close, whose answer waits for them`, () =>
      Effect.gen(function*() {
        const { answer, compression } = make(when)
        const { connection, transport } = yield* scripted("server", {}, compression)
        const seen: Array<unknown> = []
        yield* Effect.fork(connection.run((message) => void seen.push(message)))
        yield* turn
        transport.says(concat(squeezed("one"), textTo("server", "two"), squeezed("th", { fin: false })))
        transport.says(concat(
          frameTo("server", Frame.opcode.continuation, bytes("ree")),
          squeezed(""),
          textTo("server", "five"),
          closeTo("server", normal)
        ))
        answer()
        expect(seen).toEqual(["one", "two", "three", "", "five"])
        expect(wordsOf(transport.wire)).toEqual(["close 1000"])
      }))

    it.scoped(`${when}: come before the end of the stream that followed them`, () =>
      Effect.gen(function*() {
        const { answer, compression, freed } = make(when)
        const { connection, transport } = yield* scripted("server", {}, compression)
        const reading = yield* Effect.fork(Effect.flip(Stream.runDrain(connection.messages)))
        transport.says(concat(squeezed("one"), closeTo("server", normal)))
        transport.receiver?.onEnd()
        answer()
        expect(yield* connection.receive).toBe("one")
        yield* turn
        yield* Effect.flip(connection.receive)
        expect(yield* connection.outcome).toMatchObject({ _tag: "Clean", droppedBy: "peer" })
        expect(freed()).toBe(1)
        yield* Fiber.interrupt(reading)
      }))
  }

  it.scoped("later: reading pauses meanwhile, and what comes all the same waits its turn", () =>
    Effect.gen(function*() {
      const { answer, compression } = make("later")
      const { connection, transport } = yield* scripted("server", {}, compression)
      transport.says(squeezed("one"))
      expect(transport.calls).toEqual(["pause"])
      transport.says(textTo("server", "two"), frameTo("server", Frame.opcode.ping, bytes("?")))
      expect(transport.calls).toEqual(["pause"])
      answer()
      transport.endTurn()
      expect(transport.calls).toEqual(["pause", "resume", "write"])
      expect([yield* connection.receive, yield* connection.receive]).toEqual(["one", "two"])
    }))

  it.scoped("later: a close, or a break, meanwhile does no harm", () =>
    Effect.gen(function*() {
      const closing = make("later")
      const { connection, transport } = yield* scripted("server", {}, closing.compression)
      transport.says(squeezed("one"))
      yield* Effect.fork(connection.close())
      yield* turn
      transport.says(closeTo("server", normal))
      closing.answer()
      expect(yield* connection.receive).toBe("one")
      transport.receiver?.onEnd()
      expect((yield* connection.outcome)._tag).toBe("Clean")
      expect(closing.freed()).toBe(1)

      const breaking = make("later")
      const other = yield* scripted("server", {}, breaking.compression)
      other.transport.says(squeezed("one"))
      other.transport.receiver?.onClosed(new Error("ECONNRESET"))
      breaking.answer()
      expect((yield* other.connection.outcome)._tag).toBe("Dropped")
      expect(breaking.freed()).toBe(1)
    }))

  it.scoped("are inflated no further than the inbox has room, and go on when it is emptied", () =>
    Effect.gen(function*() {
      let inflated = 0
      const compression: Compression = {
        ...make("now").compression,
        inflate: () => {
          inflated++
          return { _tag: "Now", value: { _tag: "Inflated", parts: [new Uint8Array(1000).fill(0x61)] } }
        }
      }
      const { connection, transport } = yield* scripted("server", { inboxSize: 5000 }, compression)
      transport.says(concat(...Array.from({ length: 100 }, () => squeezed("x"))))
      expect(inflated).toBeLessThan(10)
      for (let i = 0; i < 100; i++) expect(yield* connection.receive).toHaveLength(1000)
      expect(inflated).toBe(100)
    }))
})

describe("messages that are deflated", () => {
  for (const when of ["now", "later"] as const) {
    it.scoped(`${when}: keep their order, are marked by RSV1 on their first frame, and small ones are left as they are`, () =>
      Effect.gen(function*() {
        const { answer, compression } = make(when)
        const { connection, transport } = yield* scripted("server", {}, compression)
        yield* connection.sendAll(["deflated", "no", "deflated, too"])
        const streaming = yield* Effect.fork(connection.sendStream("text", Stream.make("a", "b")))
        yield* turn
        yield* Effect.fork(connection.close())
        yield* turn
        answer()
        transport.endTurn()
        yield* Fiber.await(streaming)
        const wire = transport.wire
        expect(wordsOf(wire).slice(0, 3)).toEqual(["text deflated", "text no", "text deflated, too"])
        expect(wordsOf(wire).at(-1)).toBe("close 1000")
        expect([wire[0], wire[10], wire[14]]).toEqual([0xc1, 0x81, 0xc1])
      }))
  }

  it.scoped("later: nobody who waited for room overtakes what waited for the compressor", () =>
    Effect.gen(function*() {
      const { answer, compression } = make("later")
      const { connection, transport } = yield* scripted("server", { outboxSize: 100_000 }, compression)
      // those of 70,000 are written at once, which makes room; those of one are not compressed
      const messages = Array.from({ length: 60 }, (_, i) => String(i % 10).repeat(i % 3 === 0 ? 70_000 : 1))
      const senders = [messages.slice(0, 30), messages.slice(30)]
      const sending = yield* Effect.fork(Effect.forEach(senders, (some) => connection.sendAll(some)))
      for (let i = 0; i < messages.length; i++) {
        yield* turn
        answer()
        transport.endTurn()
      }
      yield* Fiber.join(sending)
      expect(wordsOf(transport.wire).map((words) => words.slice(0, 6))).toEqual(
        messages.map((message) => `text ${message[0]}`)
      )
    }))

  it.scoped("are those that are large enough in octets, not in characters", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", {}, make("now").compression)
      yield* connection.sendAll(["abc", "ab\u00e9", "\u00e9\u00e9\u00e9"])
      transport.endTurn()
      const { wire } = transport
      expect([wire[0], wire[5], wire[11]]).toEqual([0x81, 0xc1, 0xc1])
    }))
})

describe("memory that is lent", () => {
  /** Answers now, each time in the same memory, of which an answer fills less than half. */
  const lender = (): Compression => {
    const scratch = new Uint8Array(64 * 1024)
    const lend = (octets: Uint8Array) => {
      const copy = octets.slice()
      scratch.fill(0x21)
      scratch.set(copy)
      return scratch.subarray(0, copy.length)
    }
    return {
      ...make("now").compression,
      inflate: (octets) => ({ _tag: "Now", value: { _tag: "Inflated", parts: [lend(octets)] } }),
      deflate: (octets) => ({ _tag: "Now", value: lend(octets) })
    }
  }
  const binary = (size: number, octet: number) => new Uint8Array(size).fill(octet)

  it.scoped("is read before the next call: whole messages, fragments, text and binary", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scripted("server", {}, lender())
      const binaryTo = (payload: Uint8Array, fields: Partial<Frame.Header>) =>
        frameTo("server", fields.opcode ?? Frame.opcode.binary, payload, fields)
      transport.says(concat(
        squeezed("first"),
        binaryTo(binary(5000, 1), { rsv: Frame.rsv1 }),
        binaryTo(binary(9000, 2), { rsv: Frame.rsv1, fin: false }),
        binaryTo(binary(9000, 3), { opcode: Frame.opcode.continuation }),
        squeezed("last")
      ))
      const messages: Array<unknown> = []
      for (let i = 0; i < 4; i++) messages.push(yield* connection.receive)
      expect(messages).toEqual(["first", binary(5000, 1), concat(binary(9000, 2), binary(9000, 3)), "last"])
    }))

  it.scoped("is read before the next call: streams of messages", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* scriptedStreams("server", {}, lender())
      // an octet of a code point that goes on in the next fragment
      const [euro = 0, ...others] = bytes("\u20ac")
      const continues = (payload: Uint8Array, fin: boolean) =>
        frameTo("server", Frame.opcode.continuation, payload, { fin })
      transport.says(concat(
        frameTo("server", Frame.opcode.text, Uint8Array.of(0x61, euro), { rsv: Frame.rsv1, fin: false }),
        continues(Uint8Array.from(others), false),
        continues(bytes("b"), true),
        frameTo("server", Frame.opcode.binary, binary(5000, 1), { rsv: Frame.rsv1, fin: false }),
        continues(binary(5000, 2), true)
      ))
      const pieces = yield* connection.messageStreams.pipe(
        Stream.take(2),
        Stream.mapEffect((message): Effect.Effect<ReadonlyArray<unknown>, unknown> =>
          Effect.map(Stream.runCollect<string | Uint8Array, unknown, never>(message.payload), (all) => [...all])
        ),
        Stream.runCollect
      )
      const [text = [], octets = []] = [...pieces]
      expect(text.join("")).toBe("a\u20acb")
      expect(Buffer.concat(octets as ReadonlyArray<Uint8Array>)).toEqual(
        Buffer.concat([binary(5000, 1), binary(5000, 2)])
      )
    }))

  for (const role of ["server", "client"] as const) {
    it.scoped(`is written before the next call, by a ${role}`, () =>
      Effect.gen(function*() {
        const { connection, transport } = yield* scripted(role, {}, lender())
        const sent = ["first", binary(5000, 1), binary(20_000, 2), "x".repeat(20_000), binary(20_000, 3), "last"]
        for (const message of sent) expect(connection.trySend(message)).toBe("accepted")
        transport.endTurn()
        const expected = sent.map((message) =>
          typeof message === "string" ? `text ${message}` : `binary ${Buffer.from(message).toString("latin1")}`
        )
        expect(wordsOf(transport.wire)).toEqual(expected)
      }))
  }

  it.scoped("is not lent again once it was given away", () =>
    Effect.gen(function*() {
      const layer = yield* host("server")
      const [first, second] = [make("later"), make("later")]
      const ends = [first, second].map(({ compression }) => {
        const transport = new ManualTransport()
        const options = { incoming: "whole", opening, compression } as const
        return { transport, connection: Hosting.unsafeMake(transport, layer, options) }
      })
      for (const [i, { connection }] of ends.entries()) expect(connection.trySend(`text of ${i}`)).toBe("accepted")
      first.answer()
      second.answer()
      expect(ends.map(({ transport }) => {
        transport.endTurn()
        return wordsOf(transport.wire)
      })).toEqual([["text text of 0"], ["text text of 1"]])
    }))
})

describe("a message for many connections", () => {
  /** What becomes of one of them, while all wait for the compressor. */
  const meanwhile: Record<string, (one: Connection, transport: ManualTransport) => Effect.Effect<unknown>> = {
    "is given up": (connection, _transport) => connection.abort("no more"),
    "is dropped by its peer": (_connection, transport) =>
      Effect.sync(() => {
        transport.receiver?.onClosed(undefined)
      })
  }

  for (const [what, end] of Object.entries(meanwhile)) {
    it.scoped(`reaches the others, though the one that asked first ${what}`, () =>
      Effect.gen(function*() {
        const layer = yield* host("server")
        const { answer, compression } = make("later")
        const shared = { deflate: (octets: Uint8Array) => compression.deflate(octets, true) }
        const ends = [1, 2, 3].map(() => {
          const transport = new ManualTransport()
          const options = { incoming: "whole", opening, compression: { ...compression, shared } } as const
          return { transport, connection: Hosting.unsafeMake(transport, layer, options) }
        })
        const message = new PreparedMessage("to all of you")
        for (const { connection } of ends) expect(connection.trySend(message)).toBe("accepted")
        for (const { connection } of ends) expect(connection.trySend("..")).toBe("accepted")
        const [first] = ends
        if (first === undefined) return
        yield* Effect.fork(end(first.connection, first.transport))
        yield* turn
        first.transport.taken()
        answer()
        for (const { transport } of ends) transport.endTurn()
        expect(wordsOf(first.transport.taken())).toEqual([])
        const sent = ["text to all of you", "text .."]
        expect(ends.slice(1).map(({ transport }) => wordsOf(transport.wire))).toEqual([sent, sent])
      }))
  }
})
