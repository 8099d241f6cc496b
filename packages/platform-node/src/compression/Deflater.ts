/**
 * The bytes of messages -> their compressed payload (RFC 7692 §7.2.1). In: a part of a message. Out: the payload of the frame
 * that carries it, the last one without its tail.
 */
import type { Answer } from "@effect-ws/connection/host/Compression"
import type { DeflateOptions, WriteFailure, Written, ZlibContext } from "./ZlibContext.js"
import { deflateContext, syncFlush } from "./ZlibContext.js"

/** What a sync flush ends with: the length of an empty stored block. */
const tailSize = 4
/** §7.2.3.6: a message of nothing. Its three first bits are the header that the receiver's tail completes. */
const empty = Uint8Array.of(0x00)

export class Deflater {
  private context: ZlibContext | undefined = undefined

  constructor(private readonly options: DeflateOptions, private readonly laterFrom: number) {}

  deflate(octets: Uint8Array, last: boolean): Answer<Uint8Array> {
    if (octets.length === 0) return { _tag: "Now", value: last ? empty : octets }
    const context = this.context ??= deflateContext(this.options)
    if (octets.length < this.laterFrom) {
      return { _tag: "Now", value: payload(context.writeNow(syncFlush, octets, Infinity, Infinity), last) }
    }
    const own = new Uint8Array(octets) // others may use the memory meanwhile
    return {
      _tag: "Later",
      listen: (listener, failed) =>
        context.writeLater(own, Infinity, (written) => listener(payload(written, last)), failed)
    }
  }

  reset(): void {
    this.context?.reset()
  }

  close(): void {
    this.context?.close()
    this.context = undefined
  }
}

const payload = (written: Written | WriteFailure, last: boolean): Uint8Array => {
  if (typeof written === "string") throw new Error("zlib stopped deflating") // it knows no such input
  const [first = empty] = written.parts
  const all = written.parts.length > 1 ? joined(written.parts) : first
  return last ? all.subarray(0, all.length - tailSize) : all
}

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let end = 0
  for (const part of parts) {
    all.set(part, end)
    end += part.length
  }
  return all
}
