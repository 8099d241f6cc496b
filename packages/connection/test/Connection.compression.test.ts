/** What compression changes of order and time, with a "compressor" that changes no octet and answers now or later. */
import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type { Answer, Compression } from "@effect-ws/connection/Compression"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { scripted, turn } from "./pair.js"
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
    deflate: (octets) => give(octets),
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
