/**
 * Finds the frames in the octets of one direction. In: octets, as they go by, in whatever pieces. Out: each frame that is complete, with
 * the octets that are kept of it: its header, and the first of its payload, as they are on the wire; and how many frames there were.
 *
 * It judges nothing, and does not stop at what is illegal: the length of a header is believed. What it costs is in proportion to the
 * octets, and what it holds is the beginning of one frame.
 */
import * as Frame from "@effect-ws/codec/Frame"

export interface Seen {
  /** Where the frame begins, from the first octet of the direction. */
  readonly offset: number
  readonly header: Frame.Header
  /** Its header, and as much of its payload as is kept: memory of its own. */
  readonly octets: Uint8Array
}

export class FrameTracker {
  /** Complete frames, by opcode. */
  readonly frames = new Map<number, number>()
  dataFrames = 0
  messages = 0
  /** Octets of payload in data frames. */
  payload = 0
  /** Whether a message was compressed. */
  compressed = false
  private offset = 0
  private began = 0
  private readonly kept: Uint8Array
  private have = 0
  private header: Frame.Header | undefined
  /** Of a payload, the octets that are still to come, and the size of what is kept with it. */
  private left = 0
  private wanted = 0

  /** `most`: how many octets of a payload are kept. Those of a Close are kept whole. */
  constructor(private readonly most: number, private readonly onFrame: (seen: Seen) => void) {
    this.kept = new Uint8Array(Frame.maxHeaderSize + Math.max(most, Frame.maxControlPayload))
  }

  feed(octets: Uint8Array): void {
    for (let i = 0; i < octets.length;) i += this.header === undefined ? this.head(octets, i) : this.body(octets, i)
    this.offset += octets.length
  }

  /** What there is of a frame that is not complete. */
  get rest(): Omit<Seen, "header"> {
    return { offset: this.began, octets: this.kept.slice(0, this.have) }
  }

  /** Takes octets of a header; answers how many. */
  private head(octets: Uint8Array, start: number): number {
    if (this.have === 0) this.began = this.offset + start
    let i = start
    for (; i < octets.length; i++) {
      this.kept[this.have++] = octets[i] ?? 0
      const header = this.have < 2 ? undefined : Frame.parseHeader(this.kept, 0, this.have)
      if (header === undefined) continue
      this.begin(header)
      return i + 1 - start
    }
    return i - start
  }

  private begin(header: Frame.Header): void {
    this.header = header
    this.left = header.length
    this.wanted = this.have + Math.min(header.length, header.opcode === Frame.opcode.close ? closeSize : this.most)
    if (this.left === 0) this.complete(header)
  }

  /** Takes octets of a payload; answers how many. */
  private body(octets: Uint8Array, start: number): number {
    const size = Math.min(this.left, octets.length - start)
    const kept = Math.min(size, this.wanted - this.have)
    for (let i = 0; i < kept; i++) this.kept[this.have + i] = octets[start + i] ?? 0
    this.have += kept
    this.left -= size
    if (this.left === 0 && this.header !== undefined) this.complete(this.header)
    return size
  }

  private complete(header: Frame.Header): void {
    this.frames.set(header.opcode, (this.frames.get(header.opcode) ?? 0) + 1)
    if (!Frame.isControl(header.opcode)) {
      this.dataFrames++
      this.payload += header.length
      if (header.fin) this.messages++
      if ((header.rsv & Frame.rsv1) !== 0) this.compressed = true
    }
    const octets = this.kept.slice(0, this.have)
    this.header = undefined
    this.have = 0
    this.onFrame({ offset: this.began, header, octets })
  }
}

const closeSize = Frame.maxControlPayload
