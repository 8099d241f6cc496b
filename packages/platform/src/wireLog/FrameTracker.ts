/**
 * Finds the frames in the bytes of one direction. In: bytes, as they go by, in whatever pieces. Out: each frame that is complete, with
 * its header, and the first of its payload, as they are on the wire; and how many frames there were.
 *
 * It judges nothing, and does not stop at what is illegal: the length of a header is believed, and nothing allocated for it. What it costs
 * is in proportion to the bytes, and what it holds is the beginning of one frame.
 */
import * as Frame from "@effect-ws/codec/Frame"
import { nothing } from "./Records.js"

/**
 * Whoever is told of a frame: where it begins, from the first byte of the direction; its header, in the first bytes of `head`, which
 * are lent for the call; the length of its payload, and what is kept of that.
 */
export type OnFrame = (
  offset: number,
  head: Uint8Array,
  headSize: number,
  length: number,
  payload: Uint8Array
) => void

export class FrameTracker {
  dataFrames = 0
  messages = 0
  /** Bytes of payload in data frames. */
  payload = 0
  /** Whether a message was compressed. */
  compressed = false
  /** Complete frames, by opcode. */
  private readonly counts = new Array<number>(16).fill(0)
  private offset = 0
  private began = 0
  /** What has come of a header, and how many bytes it is to have; as far as is known: the first two say. */
  private readonly head = new Uint8Array(Frame.maxHeaderSize)
  private headSize = 0
  private headWanted = 2
  private isInPayload = false
  private length = 0
  /** What is kept of the payload that is coming in: made when there is something to keep. */
  private kept: Uint8Array = nothing
  private have = 0
  private wanted = 0
  /** Of a payload, the bytes that are still to come. */
  private left = 0

  /** `most`: how many bytes of a payload are kept. Those of a Close are kept whole. */
  constructor(private readonly most: number, private readonly onFrame: OnFrame) {}

  get frames(): ReadonlyMap<number, number> {
    return new Map([...this.counts.entries()].filter(([, count]) => count > 0))
  }

  feed(octets: Uint8Array): void {
    for (let i = 0; i < octets.length;) i += this.isInPayload ? this.body(octets, i) : this.heading(octets, i)
    this.offset += octets.length
  }

  /** What there is of a frame that is not complete. */
  get rest(): { readonly offset: number; readonly octets: Uint8Array } {
    const octets = new Uint8Array(this.headSize + this.have)
    octets.set(this.head.subarray(0, this.headSize))
    octets.set(this.kept.subarray(0, this.have), this.headSize)
    return { offset: this.began, octets }
  }

  /** Takes bytes of a header; answers how many. */
  private heading(octets: Uint8Array, start: number): number {
    if (this.headSize === 0) this.began = this.offset + start
    let i = start
    while (i < octets.length) {
      this.head[this.headSize++] = octets[i++] ?? 0
      if (this.headSize === 2) this.headWanted = sizeOf(this.head[1] ?? 0)
      if (this.headSize < this.headWanted) continue
      this.begin()
      break
    }
    return i - start
  }

  private begin(): void {
    const { head, headSize } = this
    const short = (head[1] ?? 0) & 0x7f
    this.length = short < 126 ? short : Frame.parseHeader(head, 0, headSize)?.length ?? 0
    this.left = this.length
    this.isInPayload = true
    const isClose = ((head[0] ?? 0) & 0xf) === Frame.opcode.close
    this.wanted = Math.min(this.length, isClose ? Frame.maxControlPayload : this.most)
    if (this.left === 0) this.complete()
  }

  /** Takes bytes of a payload; answers how many. */
  private body(octets: Uint8Array, start: number): number {
    const size = Math.min(this.left, octets.length - start)
    const kept = Math.min(size, this.wanted - this.have)
    if (kept > 0) this.keep(octets, start, kept)
    this.left -= size
    if (this.left === 0) this.complete()
    return size
  }

  private keep(octets: Uint8Array, start: number, count: number): void {
    if (this.kept.length === 0) this.kept = new Uint8Array(Math.max(this.most, Frame.maxControlPayload))
    for (let i = 0; i < count; i++) this.kept[this.have + i] = octets[start + i] ?? 0
    this.have += count
  }

  private complete(): void {
    const { head, headSize, length } = this
    const first = head[0] ?? 0
    const opcode = first & 0xf
    this.counts[opcode] = (this.counts[opcode] ?? 0) + 1
    if (!Frame.isControl(opcode)) {
      this.dataFrames++
      this.payload += length
      if (first > 0x7f) this.messages++
      if (((first >> 4) & Frame.rsv1) !== 0) this.compressed = true
    }
    const payload = this.have === 0 ? nothing : this.kept.slice(0, this.have)
    this.headSize = 0
    this.have = 0
    this.isInPayload = false
    this.onFrame(this.began, head, headSize, length, payload)
  }
}

/** How many bytes a header has whose second one this is. */
const sizeOf = (second: number): number => Frame.headerSize(Frame.statedBits(second), second > 0x7f)

/** The bytes of a header, and the beginning of a payload behind it, as they were. */
export const encode = (header: Frame.Header, payload: Uint8Array): Uint8Array => {
  const size = Frame.headerSize(header.lengthBits, header.mask !== undefined)
  const octets = new Uint8Array(size + payload.length)
  Frame.encodeHeader(header, octets, 0)
  octets.set(payload, size)
  return octets
}
