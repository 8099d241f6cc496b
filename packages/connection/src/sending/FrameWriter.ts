/**
 * Frames (RFC 6455 §5.2) -> the pieces of memory of one write. In: the first byte of a frame and its payload. Out: all frames in
 * that order, masked when a key source is given, in as few pieces as possible.
 *
 * Small frames stand side by side in memory that all connections of a layer share, large ones have memory of their own, and large
 * bytes that need no mask are referenced, not copied. A writer lives from the first frame of a write to the write, so that an
 * idle connection keeps none. It knows neither messages nor budgets nor the transport.
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { Octets, Primitives } from "@effect-ws/codec/Primitives"
import type { Content } from "../Message.js"
import type { Slab } from "./Slab.js"
import type { SpareMemory } from "./SpareMemory.js"

/** What is the same for all connections of a layer. */
export interface Framing {
  readonly primitives: Primitives
  /** A fresh, unpredictable masking key (RFC 6455 §5.3), unsigned 32 bits; `undefined` for a server, which does not mask. */
  readonly mask: (() => number) | undefined
  readonly slab: Slab
  readonly spare: SpareMemory
}

/** The FIN bit of a frame's first byte. */
export const fin = 0x80

/** From so many bytes on a payload is referenced: a copy would cost more than a second piece in the write. */
export const referenceFrom = 16 * 1024

export class FrameWriter {
  /** Finished pieces; what is still being added to is `memory` from `from` to `to`. */
  private readonly pieces: Array<Uint8Array> = []
  private memory: Uint8Array = nothing
  private from = 0
  private to = 0
  /** What was written, in bytes, headers included. */
  size = 0
  /** Memory of {@link Framing.spare} that pieces lie in: to be given back once they have left. */
  borrowed: Array<Octets> | undefined = undefined

  /** `borrows`: whether the memory of pieces is nobody's any more once they have left. */
  constructor(private readonly framing: Framing, private readonly borrows: boolean) {}

  /** `first`: the first byte of the frame, with its FIN, RSV bits and opcode. */
  frame(first: number, payload: Content): void {
    if (typeof payload === "string") this.text(first, payload)
    else if (payload.length >= referenceFrom && this.framing.mask === undefined) this.reference(first, payload)
    else this.copy(first, payload)
  }

  /** All that was written; `undefined` if memory that is referenced was given away meanwhile. Nothing can be added afterwards. */
  finish(): ReadonlyArray<Uint8Array> | undefined {
    this.finishPiece()
    return lengthOf(this.pieces) === this.size ? this.pieces : undefined
  }

  private text(first: number, text: string): void {
    const { primitives } = this.framing
    // A UTF-16 unit is at most three bytes: short text needs no counting, its length fits any way.
    const most = 3 * text.length
    const size = most < 126 ? undefined : primitives.utf8Length(text)
    const length = size ?? most
    const headerSize = this.headerSize(length)
    const offset = this.reserve(headerSize + length)
    const encoded = primitives.encodeUtf8(text, this.memory, offset + headerSize, size)
    this.complete(first, offset, headerSize, encoded, encoded)
  }

  private copy(first: number, octets: Uint8Array): void {
    const headerSize = this.headerSize(octets.length)
    const offset = this.reserve(headerSize + octets.length)
    this.memory.set(octets, offset + headerSize)
    this.complete(first, offset, headerSize, octets.length, octets.length)
  }

  private reference(first: number, octets: Uint8Array): void {
    const headerSize = this.headerSize(octets.length)
    this.complete(first, this.reserve(headerSize), headerSize, octets.length, 0)
    this.finishPiece()
    this.pieces.push(octets)
    this.size += octets.length
  }

  private headerSize(length: number): number {
    return Frame.headerSize(Frame.lengthBits(length), this.framing.mask !== undefined)
  }

  /** Room for one frame: behind the last one where it can be, else in a piece of its own. */
  private reserve(size: number): number {
    const { primitives, slab } = this.framing
    if (size > slab.largest) {
      this.finishPiece()
      this.memory = this.borrows ? this.borrow(size) : primitives.allocate(size)
      this.from = this.to = 0
      return 0
    }
    const offset = slab.reserve(primitives, size)
    if (this.memory !== slab.octets || this.to !== offset) {
      this.finishPiece()
      this.memory = slab.octets
      this.from = this.to = offset
    }
    return offset
  }

  private borrow(size: number): Octets {
    const { primitives, spare } = this.framing
    const memory = spare.take(primitives, size)
    this.borrowed ??= []
    this.borrowed.push(memory)
    return memory
  }

  /** Writes the header before a payload of `length`, `inMemory` bytes of which stand behind it already, and masks these. */
  private complete(first: number, offset: number, headerSize: number, length: number, inMemory: number): void {
    const { mask, primitives, slab } = this.framing
    const key = mask?.()
    Frame.writeHeader(this.memory, offset, first, length, Frame.lengthBits(length), key)
    const start = offset + headerSize
    const end = start + inMemory
    if (key !== undefined) primitives.mask(this.memory, start, end, key, 0)
    this.to = end
    if (this.memory === slab.octets) slab.position = end
    this.size += end - offset
  }

  private finishPiece(): void {
    if (this.to === this.from) return
    this.pieces.push(
      this.from === 0 && this.to === this.memory.length ? this.memory : this.memory.subarray(this.from, this.to)
    )
    this.from = this.to
  }
}

const nothing = new Uint8Array(0)

const lengthOf = (pieces: ReadonlyArray<Uint8Array>): number => {
  let size = 0
  for (const { length } of pieces) size += length
  return size
}
