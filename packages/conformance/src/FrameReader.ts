/**
 * The peer's octets as frames, and what is wrong with them by the RFC's words alone. In: octets as they are read. Out: frames,
 * unmasked, and breaches, as soon as the header shows them.
 *
 * It goes on reading after a breach, as the examiner wants to see what else comes. Messages are put together by `Endpoint`.
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as Mask from "@effect-ws/codec/Mask"

/**
 * @since 0.1.0
 * @category models
 */
export type Step =
  | { readonly _tag: "Frame"; readonly header: Frame.Header; readonly payload: Uint8Array }
  | { readonly _tag: "Breach"; readonly says: string }

/**
 * What the headers of this peer are held to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rules {
  /** Whether the peer is a client, and so has to mask. */
  readonly masked: boolean
  /** Whether RSV1 has an owner. */
  readonly compressed: boolean
}

/**
 * @since 0.1.0
 * @category reading
 */
export class FrameReader {
  private input: Uint8Array = Buffer.alloc(0)
  private at = 0
  private header: Frame.Header | undefined
  private parts: Array<Uint8Array> = []
  private missing = 0
  private inMessage = false

  constructor(private readonly rules: Rules) {}

  push(octets: Uint8Array): void {
    this.input = this.at < this.input.length ? Buffer.concat([this.input.subarray(this.at), octets]) : octets
    this.at = 0
  }

  /** The next frame or breach; `undefined` when more octets are needed. */
  next(): Step | undefined {
    if (this.header === undefined) {
      const header = Frame.parseHeader(this.input, this.at, this.input.length)
      if (header === undefined) return undefined
      this.at += Frame.headerSize(header.lengthBits, header.mask !== undefined)
      this.header = header
      this.missing = header.length
      const says = this.breach(header)
      if (header.opcode < 8) this.inMessage = !header.fin
      if (says !== undefined) return { _tag: "Breach", says }
    }
    return this.payload(this.header)
  }

  private payload(header: Frame.Header): Step | undefined {
    const size = Math.min(this.missing, this.input.length - this.at)
    if (size > 0) this.parts.push(this.input.subarray(this.at, this.at + size))
    this.at += size
    this.missing -= size
    if (this.missing > 0) return undefined
    const payload = joined(this.parts)
    if (header.mask !== undefined) Mask.mask(payload, 0, payload.length, header.mask, 0)
    this.header = undefined
    this.parts = []
    return { _tag: "Frame", header, payload }
  }

  private breach(header: Frame.Header): string | undefined {
    const { fin, length, mask, opcode, rsv } = header
    const control = Frame.isControl(opcode)
    const mayCompress = this.rules.compressed && (opcode === Frame.opcode.text || opcode === Frame.opcode.binary)
    if ((rsv & (mayCompress ? 0b011 : 0b111)) !== 0) return `RSV ${rsv} is set and nothing owns it`
    if ((mask !== undefined) !== this.rules.masked) return mask === undefined ? "frame not masked" : "frame masked"
    if (control && !fin) return "control frame in fragments"
    if (control && length > Frame.maxControlPayload) return `control frame of ${length} octets`
    if (!known.has(opcode)) return `opcode ${opcode} is not defined`
    if (opcode === Frame.opcode.close && length === 1) return "Close with a payload of one octet"
    if (length >= 2 ** 63) return "length with its top bit set"
    if (header.lengthBits !== Frame.lengthBits(length)) return `length ${length} written in ${header.lengthBits} bits`
    if (control) return undefined
    const continues = opcode === Frame.opcode.continuation
    if (continues === this.inMessage) return undefined
    return continues ? "continuation of nothing" : "new message inside another"
  }
}

const known: ReadonlySet<number> = new Set(Object.values(Frame.opcode))

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}
