import { describe, expect, it } from "@effect/vitest"
import * as Frame from "@effect-ws/codec/Frame"
import * as FastCheck from "effect/FastCheck"
import { encode, FrameTracker } from "../../src/wireLog/FrameTracker.js"

const frame = FastCheck.record({
  opcode: FastCheck.integer({ min: 0, max: 15 }),
  fin: FastCheck.boolean(),
  rsv: FastCheck.integer({ min: 0, max: 7 }),
  mask: FastCheck.option(FastCheck.nat(0xffff_ffff), { nil: undefined }),
  payload: FastCheck.uint8Array({ maxLength: 300 })
}).map(({ payload, ...fields }) =>
  Frame.encode({ header: Frame.header(fields.opcode, payload.length, fields), payload })
)

const track = (most: number, pieces: ReadonlyArray<Uint8Array>) => {
  const seen: Array<{ readonly offset: number; readonly header: Frame.Header; readonly octets: Uint8Array }> = []
  const tracker = new FrameTracker(most, (offset, head, headSize, length, payload) => {
    const header = Frame.parseHeader(head, 0, headSize)
    if (header === undefined) throw new Error("the header is not whole")
    expect(header.length).toBe(length)
    seen.push({ offset, header, octets: encode(header, payload) })
  })
  for (const piece of pieces) tracker.feed(piece)
  return { seen, frames: Object.fromEntries(tracker.frames), rest: tracker.rest, payload: tracker.payload }
}

const cut = (octets: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  let at = 0
  for (let i = 0; at < octets.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    pieces.push(octets.subarray(at, at + size))
    at += size
  }
  return pieces
}

describe("frames", () => {
  it("are found whatever pieces they come in, each with as much as is kept", () => {
    FastCheck.assert(FastCheck.property(
      FastCheck.array(frame, { maxLength: 6 }),
      FastCheck.array(FastCheck.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      FastCheck.constantFrom(0, 5, 64, 1000),
      FastCheck.nat(20),
      (frames, sizes, most, missing) => {
        const whole = Buffer.concat(frames)
        const octets = whole.subarray(0, Math.max(0, whole.length - missing))
        const found = track(most, cut(octets, sizes))
        expect(found).toEqual(track(most, [octets]))
        for (const { header, octets: kept, offset } of found.seen) {
          const head = Frame.headerSize(header.lengthBits, header.mask !== undefined)
          expect(kept.length).toBe(head + Math.min(header.length, header.opcode === 8 ? 125 : most))
          expect(Buffer.from(kept).equals(whole.subarray(offset, offset + kept.length))).toBe(true)
        }
        expect(found.seen.map(({ offset }) => offset)).toEqual(
          frames.map((_, i) => Buffer.concat(frames.slice(0, i)).length).slice(0, found.seen.length)
        )
      }
    ))
  })

  it("are believed their length, be it that of the universe", () => {
    const { rest, seen } = track(0, [
      Uint8Array.of(0x81, 0x7f, ...new Array<number>(8).fill(255)),
      new Uint8Array(1000)
    ])
    expect(seen).toEqual([])
    expect(rest.octets.length).toBe(10)
  })
})
