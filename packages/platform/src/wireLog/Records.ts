/**
 * The records of one wire log, a queue: what comes first goes first. In: records, as numbers and bytes. Out: `Entry`s, made when
 * somebody asks.
 *
 * Kept in columns, in blocks that are used again. There are many and they live long: as objects they would cost the garbage collector
 * more than all else that a wire log does.
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { Entry } from "./model.js"

/** No bytes: one object for all frames of whose payload nothing is kept. */
export const nothing: Uint8Array = new Uint8Array(0)

/** Records of a block: a power of two. */
const capacity = 32

/** What a record takes of its block, in bytes. */
const bytes = 3 * 8 + 2 + Frame.maxHeaderSize

/** The most that blocks take besides their records: one that is not full, and one to be used again. */
export const overhead = 2 * (capacity * bytes + 600)

const kinds = ["RO", "TO", "RF", "TF"] as const

/** What there is of each record. */
interface Block {
  readonly at: Float64Array
  readonly offset: Float64Array
  readonly size: Float64Array
  readonly kind: Uint8Array
  /** Bytes of its header: 0 of a run. */
  readonly headSize: Uint8Array
  readonly heads: Uint8Array
  /** What is kept of payloads, where anything is. */
  payloads: Array<Uint8Array | undefined> | undefined
}

const makeBlock = (): Block => {
  const memory = new ArrayBuffer(capacity * bytes)
  const floats = (column: number) => new Float64Array(memory, column * capacity * 8, capacity)
  const octets = (column: number, width = 1) => new Uint8Array(memory, capacity * (24 + column), capacity * width)
  return {
    at: floats(0),
    offset: floats(1),
    size: floats(2),
    kind: octets(0),
    headSize: octets(1),
    heads: octets(2, Frame.maxHeaderSize),
    payloads: undefined
  }
}

export class Records {
  length = 0
  private blocks: Array<Block> = []
  /** The last one that became empty. */
  private spare: Block | undefined = undefined
  /** How many were dropped from the first block. */
  private first = 0

  /** Bytes that went by in one go. */
  addRun(kind: "RO" | "TO", at: number, offset: number, size: number): void {
    this.add(kind === "RO" ? 0 : 1, at, offset, size)
  }

  /** A frame; `head` begins with its header, and `payload` is what is kept of the `size` bytes behind that. */
  addFrame(
    kind: "RF" | "TF",
    at: number,
    offset: number,
    size: number,
    head: Uint8Array,
    headSize: number,
    payload: Uint8Array
  ): void {
    const block = this.add(kind === "RF" ? 2 : 3, at, offset, size)
    const slot = (this.first + this.length - 1) % capacity
    block.headSize[slot] = headSize
    for (let i = 0, to = slot * Frame.maxHeaderSize; i < headSize; i++) block.heads[to + i] = head[i] ?? 0
    if (payload.length > 0) (block.payloads ??= new Array(capacity).fill(undefined))[slot] = payload
  }

  private add(kind: number, at: number, offset: number, size: number): Block {
    const place = this.first + this.length++
    const slot = place % capacity
    const block = this.blockOf(place)
    block.kind[slot] = kind
    block.at[slot] = at
    block.offset[slot] = offset
    block.size[slot] = size
    block.headSize[slot] = 0
    return block
  }

  /** A place behind the last block has it grow by one. */
  private blockOf(place: number): Block {
    return this.blocks[Math.floor(place / capacity)] ?? this.grow()
  }

  private grow(): Block {
    const block = this.spare ?? makeBlock()
    this.spare = undefined
    this.blocks.push(block)
    return block
  }

  /** What the record takes of memory, in bytes. */
  costOf(index: number): number {
    const place = this.first + index
    const payload = this.blockOf(place).payloads?.[place % capacity]
    return payload === undefined ? bytes : bytes + 100 + payload.length
  }

  timeOf(index: number): number {
    const place = this.first + index
    return this.blockOf(place).at[place % capacity] ?? 0
  }

  /** Drops the first one. */
  shift(): void {
    if (this.length === 0) return
    this.length--
    const [block] = this.blocks
    if (block?.payloads !== undefined) block.payloads[this.first] = undefined
    if (++this.first < capacity) return
    this.first = 0
    this.spare = this.blocks.shift()
  }

  clear(): void {
    this.length = 0
    this.first = 0
    this.blocks = []
    this.spare = undefined
  }

  get entries(): ReadonlyArray<Entry> {
    return Array.from({ length: this.length }, (_, index) => this.entryAt(this.first + index))
  }

  private entryAt(place: number): Entry {
    const { at, headSize, heads, kind, offset, payloads, size } = this.blockOf(place)
    const slot = place % capacity
    const start = slot * Frame.maxHeaderSize
    return {
      kind: kinds[kind[slot] ?? 0] ?? "RO",
      at: at[slot] ?? 0,
      offset: offset[slot] ?? 0,
      size: size[slot] ?? 0,
      header: Frame.parseHeader(heads, start, start + (headSize[slot] ?? 0)),
      payload: payloads?.[slot] ?? nothing
    }
  }
}
