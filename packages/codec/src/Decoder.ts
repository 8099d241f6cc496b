/**
 * Bytes in any pieces -> parts of frames. In: what was carried over from earlier bytes, and new bytes. Out, one after the other: headers,
 * and runs of payload, already unmasked (in place: the decoder owns the bytes it is given).
 *
 * It gives a header before its payload has arrived, and payload as it arrives, so that the first bad byte can be judged at once. It
 * judges nothing itself, keeps only an incomplete header, and knows no messages.
 *
 * A hot module, written as a cursor that allocates one header for each frame and nothing for each byte; {@link parts} gives the same as
 * a list. Measured by `npm run bench -- --loads 100x16x20B`.
 *
 * @since 0.1.0
 */
import * as Frame from "./Frame.js"
import type { Primitives } from "./Primitives.js"

/**
 * What is carried from one read to the next. A value: decoding does not change it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Carry {
  /** The bytes of an incomplete header: at most 13. */
  readonly partial: Uint8Array
  /** The header of the current frame, if its payload is incomplete. */
  readonly header: Frame.Header | undefined
  /** How many bytes of that payload have arrived. */
  readonly received: number
}

/**
 * Between two frames.
 *
 * @since 0.1.0
 * @category constructors
 */
export const start: Carry = { partial: new Uint8Array(0), header: undefined, received: 0 }

/**
 * A part of a frame. After each header comes at least one run of payload; the last is marked.
 *
 * @since 0.1.0
 * @category models
 */
export type Part =
  | { readonly _tag: "Header"; readonly header: Frame.Header }
  | { readonly _tag: "Payload"; readonly octets: Uint8Array; readonly last: boolean }

/**
 * The cursor. Call {@link next} until it returns "End", and then keep {@link carry}.
 *
 * @since 0.1.0
 * @category decoding
 */
export class Decoder {
  /** After "Header" and "Payload": the header of the current frame. */
  header: Frame.Header
  /** After "Payload": the run is `octets` from `from` to `to`. */
  from = 0
  to = 0
  /** After "Payload": whether the run ends the frame. */
  last = false
  /** How many bytes of the payload came before this run. */
  before = 0
  private inPayload: boolean
  private received: number
  private position = 0
  private partial: Uint8Array

  constructor(private readonly primitives: Primitives, carry: Carry, readonly octets: Uint8Array) {
    this.partial = carry.partial
    this.inPayload = carry.header !== undefined
    this.header = carry.header ?? noHeader
    this.received = carry.received
  }

  next(): "Header" | "Payload" | "End" {
    return this.inPayload ? this.nextPayload() : this.nextHeader()
  }

  /** What to give to the decoder of the next bytes. */
  carry(): Carry {
    if (this.inPayload) return { partial: start.partial, header: this.header, received: this.received }
    return this.partial.length === 0 ? start : { partial: this.partial, header: undefined, received: 0 }
  }

  /** The bytes behind those given so far: a view. */
  rest(): Uint8Array {
    return this.octets.subarray(this.position)
  }

  private nextHeader(): "Header" | "End" {
    const header = this.partial.length > 0
      ? this.completePartial()
      : Frame.parseHeader(this.octets, this.position, this.octets.length)
    if (header === undefined) {
      if (this.position < this.octets.length) this.keepPartial(this.octets.length)
      return "End"
    }
    if (this.partial.length > 0) this.partial = start.partial
    else this.position += Frame.headerSize(header.lengthBits, header.mask !== undefined)
    this.header = header
    this.received = 0
    this.inPayload = true
    return "Header"
  }

  private nextPayload(): "Payload" | "End" {
    const header = this.header
    const missing = header.length - this.received
    const available = this.octets.length - this.position
    if (available === 0 && missing > 0) return "End"
    const size = missing < available ? missing : available
    this.before = this.received
    this.from = this.position
    this.to = this.position + size
    this.last = size === missing
    if (header.mask !== undefined && size > 0) {
      this.primitives.mask(this.octets, this.from, this.to, header.mask, this.before)
    }
    this.position = this.to
    this.received += size
    if (this.last) this.inPayload = false
    return "Payload"
  }

  /** Adds to the carried bytes one by one, until the header is whole: it takes what is the header's and no more. */
  private completePartial(): Frame.Header | undefined {
    while (this.position < this.octets.length) {
      this.keepPartial(this.position + 1)
      const header = Frame.parseHeader(this.partial, 0, this.partial.length)
      if (header !== undefined) return header
    }
    return undefined
  }

  private keepPartial(end: number): void {
    const joined = new Uint8Array(this.partial.length + end - this.position)
    joined.set(this.partial)
    joined.set(this.octets.subarray(this.position, end), this.partial.length)
    this.partial = joined
    this.position = end
  }
}

/**
 * All parts of `octets`, as a list, and what to carry over. For tests, examiners and other uses where speed does not matter.
 *
 * @example
 * import * as Decoder from "@effect-ws/codec/Decoder"
 * import * as Primitives from "@effect-ws/codec/Primitives"
 *
 * const [parts, carry] = Decoder.parts(Primitives.plain, Decoder.start, Uint8Array.of(0x81, 0x02, 0x68))
 * // a Header, then a Payload of one octet which is not the last; `carry` knows that one is missing
 *
 * @since 0.1.0
 * @category decoding
 */
export const parts = (
  primitives: Primitives,
  carry: Carry,
  octets: Uint8Array
): readonly [parts: ReadonlyArray<Part>, carry: Carry] => {
  const decoder = new Decoder(primitives, carry, octets)
  const all: Array<Part> = []
  for (;;) {
    switch (decoder.next()) {
      case "Header":
        all.push({ _tag: "Header", header: decoder.header })
        break
      case "Payload":
        all.push({ _tag: "Payload", octets: octets.subarray(decoder.from, decoder.to), last: decoder.last })
        break
      case "End":
        return [all, decoder.carry()]
    }
  }
}

const noHeader: Frame.Header = Frame.header(Frame.opcode.continuation, 0)
