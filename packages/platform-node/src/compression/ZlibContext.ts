/**
 * A raw deflate or inflate context of node:zlib that lives across messages, driven in this turn (`writeNow`) or on the thread
 * pool (`writeLater`), as the caller likes. In: bytes and a flush mode. Out: bytes, and how many of the input were taken.
 *
 * Node offers no synchronous call that keeps its context. `writeNow` uses what its own `zlib.deflateRawSync` is made of,
 * `_handle.writeSync` and `_writeState`, and `writeLater` replaces `_outBuffer`; docs/internals/decisions says why, and
 * `test/NodeDeflate.test.ts` fails first should a Node change them.
 */
import type { Octets } from "@effect-ws/codec/Primitives"
import * as Zlib from "node:zlib"
import { primitives } from "../transport/primitives.js"

export const syncFlush = Zlib.constants.Z_SYNC_FLUSH
/** Stop at the next boundary between blocks. */
export const blockFlush = Zlib.constants.Z_BLOCK

/** What came of a write. */
export interface Written {
  /** The last one of `writeNow` may be lent: whoever keeps it beyond the next write, of any context, takes it by {@link own}. */
  readonly parts: ReadonlyArray<Octets>
  readonly taken: number
  /**
   * "All" was taken and is written. The stream has "Ended" (a block with BFINAL), perhaps before the end of the input. There
   * is "More" to write: as much as was asked for has been made.
   */
  readonly left: "All" | "Ended" | "More"
}

export type WriteFailure = "Invalid" | "TooBig"

interface Handle {
  writeSync(
    flush: number,
    input: Uint8Array,
    from: number,
    length: number,
    output: Uint8Array,
    outputFrom: number,
    outputLength: number
  ): void
  onerror: (message: string, errno: number, code: string) => void
}

type Stream = (Zlib.DeflateRaw | Zlib.InflateRaw) & {
  readonly _handle: Handle
  /** Bytes left in the output, bytes left in the input. */
  readonly _writeState: Uint32Array
  /** Where the thread pool writes, up to how many bytes at a time. */
  _outBuffer: Buffer
  _outOffset: number
  _chunkSize: number
}

/**
 * All contexts write here in turn. What fills less than half of it is lent: most messages are read, or copied to where they
 * belong, before the next write. The rest is copied at once.
 */
const scratch = new Uint8Array(256 * 1024)
const largestLent = scratch.length / 2 - 1

/** A stream keeps such a piece all its life, though only `writeLater` fills it: so it is the smallest there can be, but then. */
const chunkSize = Zlib.constants.Z_MIN_CHUNK
const laterChunkSize = 64 * 1024
const noOutput = Buffer.alloc(chunkSize)

/**
 * Pieces for `writeLater` that nobody writes to or reads from any more. V8 counts their bytes as garbage made, and marks its
 * whole heap once there are some tens of MiB of it: so few are made, and what is small is copied out of them.
 */
const pieces: Array<Buffer> = []
/** As many as Node has threads for zlib, unless told otherwise. */
const mostPieces = 4

const ignore = (): void => {}

const copy = (octets: Uint8Array): Octets => {
  const memory = primitives.allocate(octets.length)
  memory.set(octets)
  return memory
}

/** A part that may be kept: itself, unless it is lent. */
export const own = (part: Octets): Octets => part.buffer === scratch.buffer ? copy(part) : part

export class ZlibContext {
  private readonly stream: Stream
  private failed = false
  /** What takes the output of {@link writeLater}, while it is under way. */
  private collect: ((part: Octets) => void) | undefined = undefined
  private collects = false

  constructor(stream: Zlib.DeflateRaw | Zlib.InflateRaw) {
    this.stream = stream as Stream
    this.stream.on("error", () => {
      this.failed = true
    })
    const { onerror } = this.stream._handle
    this.stream._handle.onerror = (...problem) => {
      this.failed = true
      onerror.apply(this.stream._handle, problem)
    }
  }

  /** At most one byte more than `limit` is made; and once there are `most`, the rest is left for another write. */
  writeNow(flush: number, octets: Uint8Array, limit: number, most: number): Written | WriteFailure {
    const { _handle: handle, _writeState: state } = this.stream
    const parts: Array<Octets> = []
    let from = 0
    let size = 0
    if (!(limit >= 0)) return "TooBig"
    for (;;) {
      const room = Math.min(scratch.length, limit + 1 - size, most - size)
      // also where one of them is no number, or negative: zlib would write where it must not, or for ever
      if (!(room > 0)) return { parts, taken: from, left: "More" }
      handle.writeSync(flush, octets, from, octets.length - from, scratch, 0, room)
      if (this.failed) return "Invalid"
      const made = room - (state[0] ?? 0)
      from = octets.length - (state[1] ?? 0)
      size += made
      const part = scratch.subarray(0, made)
      // another write follows in this loop only when all of the scratch was filled
      if (made > 0) parts.push(made > largestLent ? copy(part) : part)
      if (size > limit) return "TooBig"
      if (state[0] !== 0) return { parts, taken: from, left: from < octets.length ? "Ended" : "All" }
      if (size >= most) return { parts, taken: from, left: "More" }
    }
  }

  /**
   * As {@link writeNow} with a sync flush, and all of it. Nothing else may be written before `done` is called; which it is
   * not, when the context is closed before. What `done` throws goes to `failed`: Node calls, and would end the process.
   */
  writeLater(
    octets: Uint8Array,
    limit: number,
    done: (written: Written | WriteFailure) => void,
    failed: (defect: unknown) => void
  ): void {
    const { stream } = this
    let parts: Array<Octets> = []
    const before = stream.bytesWritten
    const piece = pieces.pop() ?? Buffer.allocUnsafeSlow(laterChunkSize)
    let isGiven = false
    let size = 0
    const invalid = (): void => finish("Invalid")
    const finish = (written: Written | WriteFailure): void => {
      stream.off("error", invalid)
      this.output(noOutput)
      this.collect = ignore
      parts = [] // this function may stay, in the stack trace of an error that a connection ends with
      try {
        done(written)
      } catch (defect) {
        failed(defect)
      }
    }
    if (!this.collects) stream.on("data", (part: Octets) => this.collect?.(part))
    this.collects = true
    this.collect = (part) => {
      if (size > limit) return
      size += part.length
      const isWhole = part.length === part.buffer.byteLength
      isGiven ||= isWhole && part.buffer === piece.buffer
      parts.push(isWhole ? new Uint8Array(part.buffer) : copy(part))
      if (size <= limit) return
      this.close()
      finish("TooBig")
    }
    stream.on("error", invalid)
    this.output(piece)
    stream.write(octets, () => {
      if (this.failed || stream.destroyed) return
      if (!isGiven && pieces.length < mostPieces) pieces.push(piece)
      const taken = stream.bytesWritten - before
      finish({ parts, taken, left: taken < octets.length ? "Ended" : "All" })
    })
  }

  private output(buffer: Buffer): void {
    const { stream } = this
    stream._outBuffer = buffer
    stream._outOffset = 0
    stream._chunkSize = buffer.length
  }

  reset(): void {
    this.stream.reset()
  }

  close(): void {
    this.stream.close()
  }
}

export interface DeflateOptions {
  readonly windowBits: number
  readonly level: number
  readonly memLevel: number
  readonly strategy: number
}

/** What a write flushes unless told otherwise. */
const flushing = { chunkSize, flush: syncFlush }

export const deflateContext = ({ level, memLevel, strategy, windowBits }: DeflateOptions): ZlibContext =>
  new ZlibContext(Zlib.createDeflateRaw({ level, memLevel, strategy, windowBits, ...flushing }))

export const inflateContext = (windowBits: number, dictionary: Buffer): ZlibContext =>
  new ZlibContext(Zlib.createInflateRaw({ windowBits, ...flushing, ...(dictionary.length > 0 ? { dictionary } : {}) }))
