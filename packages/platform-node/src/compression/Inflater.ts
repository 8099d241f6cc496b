/**
 * The compressed payload of messages -> their bytes (RFC 7692 §7.2.2). In: runs of a message's payload. Out: what they inflate
 * to, never much more than the limit; or that they are no deflate data, or that the message ends amid a block.
 *
 * In this turn, up to some bytes of output: what is left then, of what few bytes can inflate to, goes to the thread pool.
 *
 * A block with BFINAL set ends zlib's stream but not the message nor the context (§7.2.3.4): a new stream goes on with the
 * last window of output as its dictionary.
 */
import type { Octets } from "@effect-ws/codec/Primitives"
import type { Answer, InflateResult } from "@effect-ws/connection/host/Compression"
import { Window } from "./Window.js"
import type { WriteFailure, Written, ZlibContext } from "./ZlibContext.js"
import { blockFlush, inflateContext, own, syncFlush } from "./ZlibContext.js"

/** What the sender removed from the end of the message: the length of an empty stored block (§7.2.1). */
const tail = Uint8Array.of(0x00, 0x00, 0xff, 0xff)
/** An empty stored block, and the beginning of another: at a boundary, zlib takes the first and stops. */
const probe = Uint8Array.of(0x00, 0x00, 0x00, 0xff, 0xff, 0x00)

/** A new stream costs far more than the two bytes that can ask for it: so many are opened for one message. */
const mostRestarts = 16

/** A run of a message, and what has become of it. */
interface Run {
  rest: Uint8Array
  readonly last: boolean
  parts: Array<Octets>
  /** What is left of the limit. */
  room: number
}

export class Inflater {
  private context: ZlibContext | undefined = undefined
  /** Whether its context began with bytes of the message under way. */
  private seeded = false
  private restarts = 0
  /** Some bytes of a message have come, and its end has not. */
  private amid = false
  private readonly window: Window

  constructor(private readonly windowBits: number, private readonly laterFrom: number) {
    this.window = new Window(2 ** windowBits)
  }

  inflate(octets: Uint8Array, last: boolean, limit: number): Answer<InflateResult> {
    // An empty message is 00 (§7.2.3.6). Who sends no byte at all means the same, and has not moved its context.
    const isNothing = last && octets.length === 0 && !this.amid
    this.amid = !last && (this.amid || octets.length > 0)
    if (isNothing) return { _tag: "Now", value: { _tag: "Inflated", parts: [] } }
    const run: Run = { rest: last ? withTail(octets) : octets, last, parts: [], room: limit }
    const result = this.now(run)
    if (result !== undefined) return { _tag: "Now", value: result }
    run.rest = run.rest.slice() // others may use the memory meanwhile
    return { _tag: "Later", listen: (listener, failed) => this.later(run, listener, failed) }
  }

  /** Between two messages, as if there had been none before. */
  reset(): void {
    // zlib would begin again with the dictionary: with bytes of whoever had the context before.
    if (this.seeded) this.close()
    else this.context?.reset()
    this.window.clear()
    this.restarts = 0
    this.amid = false
  }

  close(): void {
    this.context?.close()
    this.context = undefined
    this.seeded = false
  }

  /** In this turn; `undefined` when that would take too long. */
  private now(run: Run): InflateResult | undefined {
    while (run.rest.length > 0) {
      if (this.restarts > mostRestarts) return this.fail("Invalid")
      const written = this.open().writeNow(syncFlush, run.rest, run.room, this.laterFrom)
      if (typeof written === "string") return this.fail(written)
      const went = this.took(run, written)
      if (written.left === "More") return undefined
      if (!went) return this.fail("Invalid")
    }
    return run.last && !this.ends() ? this.fail("Invalid") : { _tag: "Inflated", parts: run.parts }
  }

  private later(run: Run, listener: (result: InflateResult) => void, failed: (defect: unknown) => void): void {
    const answer = (written: Written | WriteFailure): void => {
      const failure = typeof written === "string" ? written : this.took(run, written) ? undefined : "Invalid"
      const result = failure === undefined ? this.now(run) : this.fail(failure)
      if (result === undefined) return this.later(run, listener, failed)
      listener(result)
      run.parts = [] // see writeLater
    }
    this.open().writeLater(run.rest, run.room, answer, failed)
  }

  /** Whether the message may end here: between two blocks, or behind one with BFINAL. If so, nothing is written. */
  private ends(): boolean {
    this.restarts = 0
    if (this.context === undefined) return true
    const written = this.context.writeNow(blockFlush, probe, 0, Infinity)
    if (typeof written === "string") return false
    if (written.taken === 0) this.close()
    return written.taken === 0 || written.taken === probe.length - 1
  }

  private open(): ZlibContext {
    if (this.context === undefined) {
      const dictionary = this.window.octets
      this.seeded = dictionary.length > 0
      this.context = inflateContext(this.windowBits, dictionary)
    }
    return this.context
  }

  /** Remembers what was made; closes a stream that has ended. Whether that brought the run any further. */
  private took(run: Run, { left, parts, taken }: Written): boolean {
    for (const part of parts) {
      this.window.push(part)
      run.parts.push(left === "All" ? part : own(part))
      run.room -= part.length
    }
    run.rest = run.rest.subarray(taken)
    if (left !== "Ended") return taken > 0 || parts.length > 0
    this.restarts++
    this.close()
    // A sender that ends with BFINAL adds a byte that the tail fits behind. One that forgets it is understood as well.
    if (run.last && run.rest.length === tail.length) run.rest = nothing
    return true // so many times at most
  }

  private fail(failure: "Invalid" | "TooBig"): InflateResult {
    this.close()
    return { _tag: failure }
  }
}

const nothing = new Uint8Array(0)

/** Where a run meets its tail, so that one call to zlib takes both. */
const seam = new Uint8Array(16 * 1024 + tail.length)

const withTail = (octets: Uint8Array): Uint8Array => {
  const size = octets.length + tail.length
  const memory = size <= seam.length ? seam : new Uint8Array(size)
  memory.set(octets)
  memory.set(tail, octets.length)
  return memory.subarray(0, size)
}
