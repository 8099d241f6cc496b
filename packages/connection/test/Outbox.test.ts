import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Decoder from "@effect-ws/codec/Decoder"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import type { Compression } from "@effect-ws/connection/host/Compression"
import type { Meter } from "@effect-ws/connection/host/Meter"
import * as Limits from "@effect-ws/connection/Limits"
import { type Content, PreparedMessage } from "@effect-ws/connection/Message"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import { Outbox } from "../src/sending/Outbox.js"
import { Slab } from "../src/sending/Slab.js"
import { SpareMemory } from "../src/sending/SpareMemory.js"
import { ManualTransport } from "./ManualTransport.js"
import { randomNumbers, turn } from "./pair.js"
import { bytes, concat, framesOf } from "./wire.js"

const make = (options: {
  readonly masks?: boolean
  readonly limits?: Partial<Limits.Limits>
  readonly primitives?: Primitives.Primitives
  readonly slab?: Slab
  readonly spare?: SpareMemory
  readonly compression?: Compression
  readonly meter?: Meter
} = {}) => {
  const transport = new ManualTransport()
  const framing = {
    primitives: options.primitives ?? Primitives.plain,
    mask: options.masks === true ? randomNumbers() : undefined,
    slab: options.slab ?? new Slab(),
    spare: options.spare ?? new SpareMemory()
  }
  const shared = { framing, limits: Limits.make(options.limits), meter: options.meter }
  const outbox = new Outbox(transport, shared, options.compression, {
    onDefect: (defect) => {
      throw defect
    }
  })
  transport.attach({ onOctets: () => {}, onEnd: () => {}, onClosed: () => {}, onDrained: () => outbox.onDrained() })
  return { transport, outbox }
}

const { binary, close, ping, pong, text } = Frame.opcode
const big = (size: number, fill = 0x61): Uint8Array => new Uint8Array(size).fill(fill)
const small: Partial<Limits.Limits> = { outboxSize: 1000, outboxResume: 100 }

describe("writing", () => {
  it("is one write for all that was sent in a turn, in one piece of memory", () => {
    const { outbox, transport } = make()
    for (const message of ["one", "two", bytes("three")]) expect(outbox.trySend(message)).toBe("accepted")
    expect(transport.writes).toEqual([])
    transport.endTurn()
    expect(transport.writes).toHaveLength(1)
    expect(transport.writes[0]).toHaveLength(1)
    expect(framesOf(transport.wire)).toEqual([[text, "one", true], [text, "two", true], [binary, "three", true]])
  })

  it("does not wait for the end of the turn with much to write", () => {
    const { outbox, transport } = make()
    outbox.trySend(big(70_000))
    expect(transport.writes).toHaveLength(1)
  })

  it("waits while the transport is over its mark, and goes on when it has drained", () => {
    const { outbox, transport } = make()
    transport.passes = false
    outbox.trySend("one")
    transport.endTurn()
    outbox.trySend("two")
    transport.endTurn()
    expect(framesOf(transport.wire)).toEqual([[text, "one", true]])
    transport.drain()
    expect(framesOf(transport.wire)).toEqual([[text, "one", true], [text, "two", true]])
  })

  it("is right for any messages, masked or not", () => {
    const message: fc.Arbitrary<Content> = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(125, 126, 127).map((size) => big(size)),
      fc.constantFrom(41, 42, 62, 63, 125, 126).map((size) => "é".repeat(size))
    )
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.boolean(), fc.boolean(), (messages, masks, prepared) => {
        const { outbox, transport } = make({ masks })
        for (const message of messages) outbox.trySend(prepared ? new PreparedMessage(message) : message)
        transport.endTurn()
        expect(framesOf(transport.wire)).toEqual(
          messages.map((message) => [
            typeof message === "string" ? text : binary,
            Buffer.from(message).toString("latin1"),
            true
          ])
        )
      }),
      { numRuns: 25 }
    )
  })

  it("is right at the sizes where the way of writing changes", () => {
    for (const masks of [false, true]) {
      const { outbox, transport } = make({ masks })
      const sizes = [16_383, 16_384, 65_535, 65_536, 70_000]
      for (const size of sizes) {
        outbox.trySend(big(size))
        outbox.trySend("a".repeat(size))
      }
      transport.endTurn()
      expect(
        framesOf(transport.wire).map((
          [kind, payload]
        ) => [kind, payload === "a".repeat(payload.length), payload.length])
      )
        .toEqual(sizes.flatMap((size) => [[binary, true, size], [text, true, size]]))
    }
  })

  it("writes lone surrogates as U+FFFD", () => {
    const { outbox, transport } = make()
    outbox.trySend("a\ud800b")
    transport.endTurn()
    expect(framesOf(transport.wire)).toEqual([[text, Buffer.from("a\ufffdb").toString("latin1"), true]])
  })
})

describe("whose memory", () => {
  it("a server writes large octets by reference", () => {
    const { outbox, transport } = make()
    const octets = big(20_000)
    outbox.trySend(octets)
    transport.endTurn()
    expect(transport.writes[0]?.[1]).toBe(octets)
  })

  it("a client masks into fresh memory, with a fresh key for each frame, and never changes the user's octets", () => {
    const { outbox, transport } = make({ masks: true })
    for (const size of [5, 200, 20_000, 70_000]) {
      const octets = big(size)
      outbox.trySend(octets)
      expect(octets.every((octet) => octet === 0x61)).toBe(true)
    }
    transport.endTurn()
    const [parts] = Decoder.parts(Primitives.plain, Decoder.start, transport.wire)
    const keys = parts.flatMap((part) => part._tag === "Header" ? [part.header.mask] : [])
    expect(new Set(keys).size).toBe(4)
  })

  it("small octets may be changed by the user as soon as they are accepted", () => {
    const { outbox, transport } = make()
    const octets = big(100)
    outbox.trySend(octets)
    octets.fill(0)
    transport.endTurn()
    expect(framesOf(transport.wire)).toEqual([[binary, "a".repeat(100), true]])
  })

  it("a slab that connections share never hands out the same octets twice", () => {
    const slab = new Slab()
    const ends = [make({ slab }), make({ slab }), make({ slab, masks: true })]
    const sent = ends.map((): Array<string> => [])
    for (let i = 0; i < 2000; i++) {
      const at = (i * 7) % 3
      const message = `${at}:${i}:`.padEnd((i * 31) % 400, ".")
      sent[at]?.push(message)
      ends[at]?.outbox.trySend(message)
      if (i % 50 === 0) { for (const { transport } of ends) transport.endTurn() }
    }
    for (const { transport } of ends) transport.endTurn()
    expect(ends.map(({ transport }) => framesOf(transport.wire).map(([, payload]) => payload))).toEqual(sent)
  })

  it("keeps nothing of what was written", () => {
    const allocated: Array<WeakRef<Uint8Array>> = []
    const allocate = (size: number) => {
      const octets = new Uint8Array(size)
      allocated.push(new WeakRef(octets))
      return octets
    }
    const { outbox, transport } = make({ masks: true, primitives: { ...Primitives.plain, allocate } })
    outbox.trySend(big(100_000))
    outbox.trySend("small")
    transport.endTurn()
    const kept = transport.writes.flat().map((octets) => octets.buffer)
    transport.writes.length = 0
    expect(Object.values(outbox).filter((field) => field instanceof Uint8Array && kept.includes(field.buffer))).toEqual(
      []
    )
  })
})

describe("the budget", () => {
  it.effect("suspends senders beyond it, and serves them in the order of their calls", () =>
    Effect.gen(function*() {
      const { outbox, transport } = make({ limits: small })
      transport.passes = false
      outbox.trySend(big(600, 0x31))
      transport.endTurn()
      expect(outbox.trySend(big(600, 0x32))).toBe("accepted")
      expect(outbox.trySend("no")).toBe("full")
      const fibers = yield* Effect.all(["3", "4", "5"].map((digit) => Effect.fork(outbox.wait(digit))))
      yield* turn
      expect(fibers.every((fiber) => fiber.unsafePoll() === null)).toBe(true)
      transport.drain() // the second leaves the outbox: 600 octets are in flight, which is still over the mark
      yield* turn
      expect(fibers.every((fiber) => fiber.unsafePoll() === null)).toBe(true)
      transport.drain()
      yield* Fiber.joinAll(fibers)
      expect(outbox.trySend("6")).toBe("accepted")
      transport.passes = true
      transport.endTurn()
      transport.drain()
      expect(framesOf(transport.wire).map(([, payload]) => payload[0])).toEqual(["1", "2", "3", "4", "5", "6"])
    }))

  it.effect("lets nobody overtake those who wait", () =>
    Effect.gen(function*() {
      const { outbox, transport } = make({ limits: small })
      transport.passes = false
      outbox.trySend(big(1200))
      transport.endTurn()
      const first = yield* Effect.fork(outbox.wait(big(1100, 0x31)))
      const second = yield* Effect.fork(outbox.wait("2"))
      yield* turn
      transport.drain()
      yield* Fiber.join(first)
      expect(second.unsafePoll()).toBeNull()
      expect(outbox.trySend("3")).toBe("full")
      yield* Fiber.interrupt(second)
    }))

  it.effect("does not send what was interrupted while it waited, and goes on with the next", () =>
    Effect.gen(function*() {
      const { outbox, transport } = make({ limits: small })
      transport.passes = false
      outbox.trySend(big(1200))
      transport.endTurn()
      const gone = yield* Effect.fork(outbox.wait("gone"))
      const stays = yield* Effect.fork(outbox.wait("stays"))
      yield* turn
      yield* Fiber.interrupt(gone)
      transport.passes = true
      transport.drain()
      yield* Fiber.join(stays)
      transport.endTurn()
      expect(framesOf(transport.wire).slice(1)).toEqual([[text, "stays", true]])
    }))

  it.effect("lets those who wait go on when all leaves at once", () =>
    Effect.gen(function*() {
      const { outbox, transport } = make({ limits: small })
      while (outbox.trySend("x".repeat(100)) === "accepted");
      const waiting = yield* Effect.all(["1", "2", "3"].map(() => Effect.fork(outbox.wait(big(70_000)))))
      yield* turn
      transport.endTurn()
      yield* Fiber.joinAll(waiting)
      expect(outbox.pending).toBe(0)
    }))

  it("is not exhausted by a message that has left already", () => {
    const { outbox, transport } = make({ limits: small })
    outbox.trySend(big(70_000))
    transport.endTurn()
    expect(outbox.pending).toBe(0)
    expect(outbox.trySend("next")).toBe("accepted")
  })

  it("bounds what a peer that never reads can make us hold", () => {
    const { outbox, transport } = make()
    transport.passes = false
    let accepted = 0
    for (let i = 0; i < 3_000; i++) {
      if (outbox.trySend("x".repeat(1000)) === "accepted") accepted++
      transport.endTurn()
    }
    expect(accepted * 1000).toBeLessThan(Limits.defaults.outboxSize + 1000)
    expect(outbox.pending).toBeLessThan(Limits.defaults.outboxSize + 2000)
  })

  it.effect("fails all who wait when it is shut, and writes what was accepted", () =>
    Effect.gen(function*() {
      const { outbox, transport } = make({ limits: small })
      transport.passes = false
      outbox.trySend(big(600, 0x31))
      transport.endTurn()
      outbox.trySend(big(600, 0x32))
      const waiting = yield* Effect.fork(Effect.flip(outbox.wait("3")))
      yield* turn
      outbox.shut({ _tag: "Closing" })
      const error = yield* Fiber.join(waiting)
      expect(error).toEqual(new ConnectionClosed({ state: { _tag: "Closing" } }))
      expect(yield* Effect.flip(outbox.wait("4"))).toBe(error)
      expect(outbox.trySend("5")).toBe("closed")
      outbox.close(CloseStatus.make(1000), () => {})
      expect(framesOf(transport.wire).map(([kind]) => kind)).toEqual([binary, binary, close])
    }))
})

describe("the data channel", () => {
  it.effect("is given to one at a time, in turn with messages, and control frames pass", () =>
    Effect.gen(function*() {
      const { outbox, transport } = make()
      yield* outbox.wait(undefined)
      const message = yield* Effect.fork(outbox.wait("between"))
      const channel = yield* Effect.fork(outbox.wait(undefined))
      yield* turn
      outbox.fragment(text, "a", false)
      outbox.ping(bytes("?"))
      expect(outbox.trySend("no")).toBe("full")
      outbox.fragment(Frame.opcode.continuation, "b", true)
      expect([message.unsafePoll(), channel.unsafePoll()]).toEqual([null, null])
      outbox.release()
      yield* Fiber.join(message)
      yield* Fiber.join(channel)
      expect(outbox.trySend("no")).toBe("full")
      outbox.release()
      expect(outbox.trySend("last")).toBe("accepted")
      transport.endTurn()
      expect(framesOf(transport.wire).map(([, payload]) => payload)).toEqual(["a", "?", "b", "between", "last"])
    }))

  it.effect("is given back when whoever got it was interrupted before it ran", () =>
    Effect.gen(function*() {
      const { outbox } = make()
      yield* outbox.wait(undefined)
      const granted = yield* Effect.fork(outbox.wait(undefined))
      yield* turn
      outbox.release() // granted, but the fiber has not run
      granted.unsafeInterruptAsFork(granted.id())
      yield* Fiber.await(granted)
      expect(outbox.trySend("free")).toBe("accepted")
    }))
})

describe("pings", () => {
  it("are each answered, in order, while writing goes on", () => {
    const { outbox, transport } = make()
    for (let i = 0; i < 10; i++) outbox.pong(bytes(`${i}`))
    transport.endTurn()
    expect(framesOf(transport.wire).map(([kind, payload]) => [kind, payload])).toEqual(
      Array.from({ length: 10 }, (_, i) => [pong, `${i}`])
    )
  })

  it("of a peer that does not read take bounded memory, and the latest is answered", () => {
    const { outbox, transport } = make()
    transport.passes = false
    for (let i = 0; i < 10_000; i++) outbox.pong(bytes(`${i}`.padStart(125)))
    transport.endTurn()
    expect(outbox.pending).toBeLessThan(3 * Limits.defaults.pongSize)
    transport.passes = true
    transport.drain()
    transport.endTurn()
    expect(framesOf(transport.wire).at(-1)?.[1].trim()).toBe("9999")
  })

  it("are answered in their own octets, though these are gone at the next input", () => {
    const { outbox, transport } = make()
    const payload = bytes("mine")
    outbox.pong(payload)
    payload.fill(0)
    transport.endTurn()
    expect(framesOf(transport.wire)).toEqual([[pong, "mine", true]])
  })
})

describe("a Close", () => {
  it("leaves at once, behind what was accepted, and tells when it has left", () => {
    const { outbox, transport } = make()
    transport.passes = false
    let flushed = 0
    outbox.trySend("before")
    outbox.close(CloseStatus.make(1000), () => flushed++)
    expect(framesOf(transport.wire).map(([kind]) => kind)).toEqual([text, close])
    expect(flushed).toBe(0)
    transport.drain()
    expect(flushed).toBe(1)
  })
})

describe("whenFlushed", () => {
  it("waits for what was accepted and not yet written", () => {
    const { outbox, transport } = make()
    transport.passes = false
    let flushed = 0
    outbox.trySend("x")
    outbox.whenFlushed(() => flushed++)
    expect(transport.writes).toHaveLength(1)
    expect(flushed).toBe(0)
    transport.drain()
    expect(flushed).toBe(1)
  })
})

describe("deflating in another turn", () => {
  const later = () => {
    const answers: Array<() => void> = []
    const compression: Compression = {
      inflate: () => ({ _tag: "Now", value: { _tag: "Invalid" } }),
      isWorth: (size) => size >= 10,
      deflate: (octets) => {
        const deflated = concat(bytes("~"), octets)
        return { _tag: "Later", listen: (listener) => void answers.push(() => listener(deflated)) }
      },
      free: () => {}
    }
    return { compression, answer: () => answers.shift()?.() }
  }

  it("lets no data overtake, but control frames", () => {
    const { answer, compression } = later()
    const { outbox, transport } = make({ compression })
    outbox.trySend("a long message")
    outbox.trySend("short")
    outbox.ping(bytes("?"))
    outbox.trySend("another long message")
    transport.endTurn()
    expect(framesOf(transport.wire)).toEqual([[ping, "?", true]])
    answer()
    transport.endTurn()
    answer()
    transport.endTurn()
    expect(framesOf(transport.wire).map(([, payload]) => payload)).toEqual([
      "?",
      "~a long message",
      "short",
      "~another long message"
    ])
  })

  it("puts a Close behind it, and what is to happen once it has left", () => {
    const { answer, compression } = later()
    const { outbox, transport } = make({ compression })
    let flushed = 0
    outbox.trySend("a long message")
    outbox.close(CloseStatus.make(1000), () => flushed++)
    transport.endTurn()
    expect([transport.writes.length, flushed]).toEqual([0, 0])
    answer()
    transport.endTurn()
    expect(framesOf(transport.wire).map(([kind]) => kind)).toEqual([text, close])
    expect(flushed).toBe(1)
  })

  it("counts what waits against the budget", () => {
    const { compression } = later()
    const { outbox } = make({ compression, limits: small })
    outbox.trySend(big(600))
    outbox.trySend(big(600))
    expect(outbox.trySend("no")).toBe("full")
    expect(outbox.pending).toBe(1200)
  })
})

describe("a meter", () => {
  it.effect("is told of each message that was accepted, and of the octets that are written", () =>
    Effect.gen(function*() {
      const told: Array<string | number> = []
      const nothing = () => {}
      const meter: Meter = {
        read: nothing,
        written: (octets) => told.push(octets),
        received: nothing,
        sent: () => told.push("sent"),
        pinged: nothing,
        closing: nothing
      }
      const { outbox, transport } = make({ meter, limits: small, masks: true })
      outbox.trySend("one")
      outbox.trySend(new PreparedMessage("two"))
      outbox.ping(bytes("?"))
      expect(told).toEqual(["sent", "sent"])
      transport.endTurn()
      expect(told.splice(0)).toEqual(["sent", "sent", transport.wire.length])
      yield* outbox.wait(undefined)
      outbox.fragment(text, "a", false)
      outbox.fragment(Frame.opcode.continuation, "b", true)
      expect(outbox.trySend("refused")).toBe("full")
      outbox.release()
      yield* outbox.wait("waited")
      outbox.shut({ _tag: "Closing" })
      expect(outbox.trySend("late")).toBe("closed")
      expect(told).toEqual(["sent", "sent"])
    }))
})
