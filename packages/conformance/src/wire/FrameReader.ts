/**
 * The peer's octets as frames, and what is wrong with them by the RFC's words alone. In: octets as they are read. Out: frames,
 * unmasked, the pieces of data frames as they come in, and breaches, as soon as the header shows them.
 *
 * It goes on reading after a breach, as the examiner wants to see what else comes, and tells all breaches of a header: with the
 * second one Autobahn drops TCP. Messages are put together by `Endpoint`.
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
  /** Octets of a data frame, as they were read: all pieces come before the frame, and one at least, even if it is empty. */
  | { readonly _tag: "Piece"; readonly header: Frame.Header; readonly octets: Uint8Array }
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
  private breaches: Array<string> = []
  /** Whether the beginning of a header was judged since octets came last. */
  private judged = false

  constructor(private readonly rules: Rules) {}

  push(octets: Uint8Array): void {
    this.input = this.at < this.input.length ? Buffer.concat([this.input.subarray(this.at), octets]) : octets
    this.at = 0
    this.judged = false
  }

  /** The next step; `undefined` when more octets are needed. */
  next(): Step | undefined {
    const says = this.breaches.shift()
    if (says !== undefined) return { _tag: "Breach", says }
    if (this.header !== undefined) return this.payload(this.header)
    return this.begin() ? this.next() : undefined
  }

  /** Takes a header, if it is there; its first two octets are judged as soon as they are, and again whenever more come. */
  private begin(): boolean {
    const [first, second] = [this.input[this.at], this.input[this.at + 1]]
    if (first === undefined || second === undefined) return false
    const header = Frame.parseHeader(this.input, this.at, this.input.length)
    if (header === undefined && this.judged) return false
    this.judged = true
    this.breaches = [...this.wrongStart(first, second), ...(header === undefined ? [] : wrongLength(header))]
    if (header === undefined) return this.breaches.length > 0
    this.at += Frame.headerSize(header.lengthBits, header.mask !== undefined)
    this.header = header
    this.missing = header.length
    if (header.opcode < 8) this.inMessage = !header.fin
    return true
  }

  private payload(header: Frame.Header): Step | undefined {
    const size = Math.min(this.missing, this.input.length - this.at)
    const control = Frame.isControl(header.opcode)
    if (size > 0 || (this.parts.length === 0 && this.missing === 0)) {
      const octets = this.input.subarray(this.at, this.at + size)
      if (header.mask !== undefined) Mask.mask(octets, 0, size, header.mask, header.length - this.missing)
      this.parts.push(octets)
      this.at += size
      this.missing -= size
      if (!control) return { _tag: "Piece", header, octets }
    }
    if (this.missing > 0) return undefined
    const payload = joined(this.parts)
    this.header = undefined
    this.parts = []
    return { _tag: "Frame", header, payload }
  }

  private wrongStart(first: number, second: number): ReadonlyArray<string> {
    const [fin, rsv, opcode] = [(first & 0x80) !== 0, (first & 0x70) >> 4, first & 0x0f]
    const [masked, length] = [(second & 0x80) !== 0, second & 0x7f]
    const control = Frame.isControl(opcode)
    const compressed = this.rules.compressed && rsv === Frame.rsv1
    const continues = opcode === Frame.opcode.continuation
    return told(
      [rsv !== 0 && !compressed, `RSV ${rsv} is set and nothing owns it`],
      [masked !== this.rules.masked, masked ? "frame masked" : "frame not masked"],
      [control && !fin, "control frame in fragments"],
      [control && length > Frame.maxControlPayload, "control frame of more than 125 bytes"],
      [!known.has(opcode), `opcode ${opcode} is not defined`],
      [opcode === Frame.opcode.close && length === 1, "Close with a payload of one byte"],
      [control && compressed, "control frame compressed"],
      [!this.inMessage && continues, "continuation of nothing"],
      [this.inMessage && !control && !continues, "new message inside another"],
      [this.inMessage && !control && compressed, "RSV 4 is set inside a message"]
    )
  }
}

const wrongLength = ({ length, lengthBits }: Frame.Header): ReadonlyArray<string> =>
  told(
    [length >= 2 ** 63, "length with its top bit set"],
    [lengthBits !== Frame.lengthBits(length), `length ${length} written in ${lengthBits} bits`]
  )

const told = (...found: ReadonlyArray<readonly [boolean, string]>): ReadonlyArray<string> =>
  found.filter(([is]) => is).map(([, says]) => says)

const known: ReadonlySet<number> = new Set(Object.values(Frame.opcode))

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}
