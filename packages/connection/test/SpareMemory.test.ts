import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Limits from "@effect-ws/connection/Limits"
import * as fc from "effect/FastCheck"
import { Outbox } from "../src/sending/Outbox.js"
import { Slab } from "../src/sending/Slab.js"
import { most, SpareMemory } from "../src/sending/SpareMemory.js"
import { ManualTransport } from "./ManualTransport.js"
import { randomNumbers } from "./pair.js"
import { framesOf } from "./wire.js"

const { plain } = Primitives

describe("SpareMemory", () => {
  it("gives again what was given back, for what is about as large", () => {
    const spare = new SpareMemory()
    const first = spare.take(plain, 70_000)
    expect(first.length).toBeGreaterThanOrEqual(70_000)
    spare.give(first)
    expect(spare.take(plain, 70_100)).toBe(first)
    expect(spare.take(plain, 70_100)).not.toBe(first)
  })

  it("takes at most a quarter more than is needed", () => {
    fc.assert(fc.property(fc.integer({ min: 16_385, max: 8_000_000 }), (size) => {
      const { length } = new SpareMemory().take(plain, size)
      expect(length).toBeGreaterThanOrEqual(size)
      expect(length).toBeLessThanOrEqual(size * 1.25)
    }))
  })

  it("keeps no more than its most, and nothing that is most of it", () => {
    const spare = new SpareMemory()
    const taken = Array.from({ length: 100 }, () => spare.take(plain, 500_000))
    for (const memory of taken) spare.give(memory)
    expect(spare.size).toBeGreaterThan(most / 2)
    expect(spare.size).toBeLessThanOrEqual(most)
    const none = new SpareMemory()
    none.give(none.take(plain, most / 2))
    expect(none.size).toBe(0)
  })

  it("counts what it keeps", () => {
    const spare = new SpareMemory()
    spare.give(spare.take(plain, 20_000))
    expect(spare.size).toBeGreaterThan(0)
    spare.take(plain, 20_000)
    expect(spare.size).toBe(0)
  })
})

/** A transport that takes its time, and after whose flush all that was written is worthless. */
class Socket extends ManualTransport {
  readonly releases = true
  readonly left: Array<Uint8Array> = []

  override drain(): void {
    for (const piece of this.writes.splice(0).flat()) {
      this.left.push(piece.slice())
      if (piece.length > 16_384) piece.fill(0xff)
    }
    super.drain()
  }
}

const make = (transport: ManualTransport, masks: boolean) => {
  const framing = {
    primitives: plain,
    mask: masks ? randomNumbers() : undefined,
    slab: new Slab(),
    spare: new SpareMemory()
  }
  const shared = { framing, limits: Limits.make({ outboxSize: 100_000_000 }), meter: undefined }
  const outbox = new Outbox(transport, shared, undefined, {
    onDefect: (defect) => {
      throw defect
    }
  })
  transport.attach({ onOctets: () => {}, onEnd: () => {}, onClosed: () => {}, onDrained: () => outbox.onDrained() })
  return { outbox, spare: framing.spare }
}

const text = (size: number): string => "x".repeat(size)

describe("frames in memory that is used again", () => {
  it("is given back once it has left, and not before", () => {
    const transport = new Socket()
    const { outbox, spare } = make(transport, false)
    transport.passes = false
    outbox.trySend(text(100_000))
    transport.endTurn()
    expect(spare.size).toBe(0)
    transport.drain()
    expect(spare.size).toBeGreaterThan(0)
    outbox.trySend(text(100_000))
    transport.endTurn()
    expect(spare.size).toBe(0)
  })

  it("is not on a transport that does not release what it was given", () => {
    const transport = new ManualTransport()
    const { outbox, spare } = make(transport, false)
    outbox.trySend(text(100_000))
    transport.endTurn()
    expect(spare.size).toBe(0)
  })

  it("changes nothing of what is sent, masked or not", () => {
    const step = fc.oneof(
      fc.constantFrom(0, 10, 126, 16_000, 16_385, 65_526, 65_536, 100_000).map((size) => ({ size })),
      fc.constant("turn" as const),
      fc.constant("drain" as const)
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.boolean(), (steps, masks) => {
        const transport = new Socket()
        const { outbox } = make(transport, masks)
        transport.passes = false
        const sent: Array<number> = []
        for (const step of steps) {
          if (step === "turn") transport.endTurn()
          else if (step === "drain") transport.drain()
          else {
            outbox.trySend(text(step.size))
            sent.push(step.size)
          }
        }
        transport.endTurn()
        while (transport.writes.length > 0) transport.drain()
        const frames = framesOf(Buffer.concat(transport.left)).map(([opcode, payload]) => [opcode, payload])
        expect(frames).toEqual(sent.map((size) => [Frame.opcode.text, text(size)]))
      }),
      { numRuns: 50 }
    )
  })
})
