/**
 * Finds the frames in the octets of one direction. In: octets, as they go by, in whatever pieces. Out: each frame that is complete, with
 * its header, and the first of its payload, as they are on the wire; and how many frames there were.
 *
 * It judges nothing, and does not stop at what is illegal: the length of a header is believed, and nothing allocated for it. What it costs
 * is in proportion to the octets, and what it holds is the beginning of one frame.
 */
import * as Frame from "@effect-ws/codec/Frame"

/** Whoever is told of a frame: where it begins, from the first octet of the direction; and what is kept of its payload. */
export type OnFrame = (offset: number, header: Frame.Header, payload: Uint8Array) => void

export class FrameTracker {
  dataFrames = 0
  messages = 0
  /** Octets of payload in data frames. */
  payload = 0
  /** Whether a message was compressed. */
  compressed = false
  /** Complete frames, by opcode. */
  private readonly counts = new Array<number>(16).fill(0)
  private offset = 0
  private began = 0
  private header: Frame.Header | undefined = undefined
  /** Octets of a header that is not complete. */
  private partial: ReadonlyArray<number> = []
  /** What is kept of the payload that is coming in: made when there is something to keep. */
  private kept: Uint8Array = nothing
  private have = 0
  private wanted = 0
  /** Of a payload, the octets that are still to come. */
  private left = 0

  /** `most`: how many octets of a payload are kept. Those of a Close are kept whole. */
  constructor(private readonly most: number, private readonly onFrame: OnFrame) {}

  get frames(): ReadonlyMap<number, number> {
    return new Map([...this.counts.entries()].filter(([, count]) => count > 0))
  }

  feed(octets: Uint8Array): void {
    for (let i = 0; i < octets.length;) i += this.header === undefined ? this.head(octets, i) : this.body(octets, i)
    this.offset += octets.length
  }

  /** What there is of a frame that is not complete. */
  get rest(): { readonly offset: number; readonly octets: Uint8Array } {
    const { began, have, header, kept, partial } = this
    const octets = header === undefined ? Uint8Array.from(partial) : encode(header, kept.subarray(0, have))
    return { offset: began, octets }
  }

  /** Takes octets of a header; answers how many. */
  private head(octets: Uint8Array, start: number): number {
    if (this.partial.length > 0) return this.headInPieces(octets, start)
    this.began = this.offset + start
    const header = Frame.parseHeader(octets, start, octets.length)
    if (header === undefined) return this.headInPieces(octets, start)
    this.begin(header)
    return Frame.headerSize(header.lengthBits, header.mask !== undefined)
  }

  private headInPieces(octets: Uint8Array, start: number): number {
    for (let i = start; i < octets.length; i++) {
      this.partial = [...this.partial, octets[i] ?? 0]
      const header = Frame.parseHeader(Uint8Array.from(this.partial), 0, this.partial.length)
      if (header === undefined) continue
      this.partial = []
      this.begin(header)
      return i + 1 - start
    }
    return octets.length - start
  }

  private begin(header: Frame.Header): void {
    this.header = header
    this.left = header.length
    this.have = 0
    this.wanted = Math.min(header.length, header.opcode === Frame.opcode.close ? Frame.maxControlPayload : this.most)
    if (this.left === 0) this.complete(header)
  }

  /** Takes octets of a payload; answers how many. */
  private body(octets: Uint8Array, start: number): number {
    const size = Math.min(this.left, octets.length - start)
    const kept = Math.min(size, this.wanted - this.have)
    if (kept > 0) this.keep(octets, start, kept)
    this.left -= size
    if (this.left === 0 && this.header !== undefined) this.complete(this.header)
    return size
  }

  private keep(octets: Uint8Array, start: number, count: number): void {
    if (this.kept.length === 0) this.kept = new Uint8Array(Math.max(this.most, Frame.maxControlPayload))
    for (let i = 0; i < count; i++) this.kept[this.have + i] = octets[start + i] ?? 0
    this.have += count
  }

  private complete(header: Frame.Header): void {
    this.counts[header.opcode] = (this.counts[header.opcode] ?? 0) + 1
    if (!Frame.isControl(header.opcode)) {
      this.dataFrames++
      this.payload += header.length
      if (header.fin) this.messages++
      if ((header.rsv & Frame.rsv1) !== 0) this.compressed = true
    }
    this.header = undefined
    this.onFrame(this.began, header, this.have === 0 ? nothing : this.kept.slice(0, this.have))
  }
}

/** No octets: one object for all frames of whose payload nothing is kept. */
export const nothing: Uint8Array = new Uint8Array(0)

/** The octets of a header, and the beginning of a payload behind it, as they were. */
export const encode = (header: Frame.Header, payload: Uint8Array): Uint8Array => {
  const size = Frame.headerSize(header.lengthBits, header.mask !== undefined)
  const octets = new Uint8Array(size + payload.length)
  Frame.encodeHeader(header, octets, 0)
  octets.set(payload, size)
  return octets
}
