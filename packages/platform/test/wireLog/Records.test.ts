import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as FastCheck from "effect/FastCheck"
import type { Entry } from "../../src/wireLog/model.js"
import { nothing, Records } from "../../src/wireLog/Records.js"

const header = FastCheck.record({
  opcode: FastCheck.integer({ min: 0, max: 15 }),
  fin: FastCheck.boolean(),
  rsv: FastCheck.integer({ min: 0, max: 7 }),
  mask: FastCheck.option(FastCheck.nat(0xffff_ffff), { nil: undefined }),
  length: FastCheck.oneof(FastCheck.nat(200), FastCheck.nat(70_000), FastCheck.nat(Number.MAX_SAFE_INTEGER))
}).map(({ length, opcode, ...fields }) => Frame.header(opcode, length, fields))

const place = { at: FastCheck.nat(1e6).map((at) => at / 7), offset: FastCheck.nat(Number.MAX_SAFE_INTEGER) }

const entry: FastCheck.Arbitrary<Entry> = FastCheck.oneof(
  FastCheck.record({
    kind: FastCheck.constantFrom("RO" as const, "TO" as const),
    ...place,
    size: FastCheck.nat(Number.MAX_SAFE_INTEGER),
    header: FastCheck.constant(undefined),
    payload: FastCheck.constant(nothing)
  }),
  FastCheck.record({
    kind: FastCheck.constantFrom("RF" as const, "TF" as const),
    ...place,
    header,
    payload: FastCheck.oneof(FastCheck.constant(nothing), FastCheck.uint8Array({ minLength: 1, maxLength: 9 }))
  }).map((frame) => ({ ...frame, size: frame.header.length }))
)

const step = FastCheck.oneof(
  { weight: 3, arbitrary: FastCheck.record({ add: entry, times: FastCheck.integer({ min: 1, max: 40 }) }) },
  FastCheck.record({ shift: FastCheck.nat(60) })
)

const add = (records: Records, { at, header, kind, offset, payload, size }: Entry): void => {
  if (kind === "RO" || kind === "TO") return records.addRun(kind, at, offset, size)
  if (header === undefined) throw new Error("a frame has a header")
  const head = new Uint8Array(Frame.maxHeaderSize)
  records.addFrame(kind, at, offset, size, head, Frame.encodeHeader(header, head, 0), payload)
}

describe("records", () => {
  it("are a queue: what was added and not dropped, in order", () => {
    FastCheck.assert(FastCheck.property(FastCheck.array(step, { maxLength: 12 }), (steps) => {
      const records = new Records()
      const plain: Array<Entry> = []
      for (const step of steps) {
        if ("add" in step) {
          for (let i = 0; i < step.times; i++) {
            add(records, step.add)
            plain.push(step.add)
          }
        } else {
          for (let i = 0; i < step.shift; i++) records.shift()
          plain.splice(0, step.shift)
        }
        expect(records.length).toBe(plain.length)
        expect(records.entries).toEqual(plain)
        expect(plain.map((_, i) => records.timeOf(i))).toEqual(plain.map(({ at }) => at))
      }
    }))
  })

  it("cost more with a payload", () => {
    const records = new Records()
    records.addRun("RO", 0, 0, 1000)
    records.addFrame("RF", 0, 0, 5, Uint8Array.of(0x82, 5), 2, new Uint8Array(5))
    expect(records.costOf(1) - records.costOf(0)).toBe(105)
  })
})
