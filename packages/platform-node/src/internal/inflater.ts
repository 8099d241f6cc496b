/**
 * The compressed payload of messages -> their octets (RFC 7692 §7.2.2). In: runs of a message's payload. Out: what they inflate
 * to, never much more than the limit; or that they are no deflate data, or that the message ends amid a block.
 *
 * A block with BFINAL set ends zlib's stream but not the message nor the context (§7.2.3.4): a new stream goes on with the
 * last window of output as its dictionary.
 */
import type { Answer } from "@effect-ws/connection/Compression"
import type { InflateResult } from "@effect-ws/connection/Protocol"
import { History } from "./history.js"
import type { Context, WriteFailure, Written } from "./zlib.js"
import { blockFlush, inflateContext, syncFlush } from "./zlib.js"

/** What the sender removed from the end of the message: the length of an empty stored block (§7.2.1). */
const tail = Uint8Array.of(0x00, 0x00, 0xff, 0xff)
/** An empty stored block, and the beginning of another: at a boundary, zlib takes the first and stops. */
const probe = Uint8Array.of(0x00, 0x00, 0x00, 0xff, 0xff, 0x00)

/** A new stream costs far more than the two octets that can ask for it: so many are opened for one message. */
const mostRestarts = 16

export class Inflater {
  private context: Context | undefined = undefined
  private restarts = 0
  private readonly history: History

  constructor(private readonly windowBits: number, private readonly laterFrom: number) {
    this.history = new History(2 ** windowBits)
  }

  inflate(octets: Uint8Array, last: boolean, limit: number): Answer<InflateResult> {
    if (octets.length < this.laterFrom) return { _tag: "Now", value: this.result(this.run([], octets, last, limit)) }
    return {
      _tag: "Later",
      listen: (listener) =>
        this.open().writeLater(octets, limit, (written) => {
          if (typeof written === "string") return listener(this.result(written))
          this.took(written, octets.length)
          const rest = octets.subarray(written.taken)
          listener(this.result(this.run(written.parts, rest, last, limit - sizeOf(written.parts))))
        })
    }
  }

  /** Between two messages, as if there had been none before. */
  reset(): void {
    this.context?.reset()
    this.history.clear()
    this.restarts = 0
  }

  close(): void {
    this.context?.close()
    this.context = undefined
  }

  /** In this turn, behind what was inflated before. */
  private run(
    before: ReadonlyArray<Uint8Array>,
    octets: Uint8Array,
    last: boolean,
    limit: number
  ): ReadonlyArray<Uint8Array> | WriteFailure {
    const parts = [...before]
    let left = limit
    for (let rest = octets; rest.length > 0;) {
      if (this.restarts > mostRestarts) return "Invalid"
      const written = this.open().writeNow(syncFlush, rest, left)
      if (typeof written === "string") return written
      this.took(written, rest.length)
      left -= sizeOf(written.parts)
      parts.push(...written.parts)
      rest = rest.subarray(written.taken)
    }
    return last ? this.finish(parts, left) : parts
  }

  private finish(parts: Array<Uint8Array>, left: number): ReadonlyArray<Uint8Array> | WriteFailure {
    this.restarts = 0
    const written = this.open().writeNow(syncFlush, tail, left)
    if (typeof written === "string") return written
    this.took(written, tail.length)
    // A sender that ends with BFINAL adds an octet that the tail fits behind. One that forgets it is understood as well.
    if (written.taken === 0) return parts
    parts.push(...written.parts)
    return this.isAtBoundary() ? parts : "Invalid"
  }

  private isAtBoundary(): boolean {
    const written = this.open().writeNow(blockFlush, probe, 0)
    return typeof written !== "string" && written.taken === probe.length - 1
  }

  private open(): Context {
    return this.context ??= inflateContext(this.windowBits, this.history.octets)
  }

  /** Remembers what was made; closes a stream that has ended. */
  private took({ parts, taken }: Written, given: number): void {
    for (const part of parts) this.history.push(part)
    if (taken === given) return
    this.restarts++
    this.close()
  }

  private result(parts: ReadonlyArray<Uint8Array> | WriteFailure): InflateResult {
    if (typeof parts !== "string") return { _tag: "Inflated", parts }
    this.close()
    return { _tag: parts }
  }
}

const sizeOf = (parts: ReadonlyArray<Uint8Array>): number => parts.reduce((size, part) => size + part.length, 0)
