/**
 * A raw deflate or inflate context of node:zlib that lives across messages, driven in this turn (`writeNow`) or on the thread
 * pool (`writeLater`), as the caller likes. In: octets and a flush mode. Out: octets, and how many of the input were taken.
 *
 * Node offers no synchronous call that keeps its context. `writeNow` uses what its own `zlib.deflateRawSync` is made of,
 * `_handle.writeSync` and `_writeState`; docs/decisions says why, and `test/zlib.test.ts` fails first should a Node change them.
 */
import * as Zlib from "node:zlib"

export const noFlush = Zlib.constants.Z_NO_FLUSH
export const syncFlush = Zlib.constants.Z_SYNC_FLUSH
/** Stop at the next boundary between blocks. */
export const blockFlush = Zlib.constants.Z_BLOCK

/** What came of a write. `taken` is less than what was given when the stream ended before (a block with BFINAL). */
export interface Written {
  readonly parts: ReadonlyArray<Uint8Array>
  readonly taken: number
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
  /** Octets left in the output, octets left in the input. */
  readonly _writeState: Uint32Array
}

/** All contexts write here in turn, and what they wrote is copied before the next write. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** Smaller than Node's 16 KiB: each context holds one such piece, though only `writeLater` fills it. */
const chunkSize = 8 * 1024

export class Context {
  private readonly stream: Stream
  private failed = false

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

  /** At most one octet more than `limit` is made. */
  writeNow(flush: number, octets: Uint8Array, limit: number): Written | WriteFailure {
    const { _handle: handle, _writeState: state } = this.stream
    const parts: Array<Uint8Array> = []
    let from = 0
    let size = 0
    for (;;) {
      const room = Math.min(scratch.length, limit + 1 - size)
      handle.writeSync(flush, octets, from, octets.length - from, scratch, 0, room)
      if (this.failed) return "Invalid"
      const made = room - (state[0] ?? 0)
      from = octets.length - (state[1] ?? 0)
      size += made
      if (made > 0) parts.push(new Uint8Array(scratch.subarray(0, made)))
      if (size > limit) return "TooBig"
      if (state[0] !== 0) return { parts, taken: from }
    }
  }

  /** As {@link writeNow} with a sync flush. Nothing else may be written before `done` is called. */
  writeLater(octets: Uint8Array, limit: number, done: (written: Written | WriteFailure) => void): void {
    const { stream } = this
    const parts: Array<Uint8Array> = []
    const before = stream.bytesWritten
    let size = 0
    const finish = (failure?: WriteFailure): void => {
      stream.off("data", collect).off("end", ended).off("error", invalid)
      done(failure ?? { parts, taken: stream.bytesWritten - before })
    }
    const collect = (part: Buffer): void => {
      size += part.length
      if (size > limit) {
        finish("TooBig")
        return this.close()
      }
      parts.push(new Uint8Array(part.buffer, part.byteOffset, part.length))
    }
    const ended = (): void => finish()
    const invalid = (): void => finish("Invalid")
    stream.on("data", collect).on("end", ended).on("error", invalid)
    stream.write(octets)
    stream.flush(syncFlush, () => {
      if (!this.failed && !stream.destroyed && size <= limit) finish()
    })
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

export const deflateContext = (options: DeflateOptions): Context =>
  new Context(Zlib.createDeflateRaw({ ...options, chunkSize }))

export const inflateContext = (windowBits: number, dictionary: Buffer): Context =>
  new Context(Zlib.createInflateRaw({ windowBits, chunkSize, ...(dictionary.length > 0 ? { dictionary } : {}) }))
