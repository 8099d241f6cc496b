/**
 * The octets of one connection on their way out: joined with others of the same turn of the event loop, or one write a turn.
 * In: octets and a pace. Out: writes to the socket, each in the log.
 *
 * While something waits for its turn, all that is written later waits behind it. It knows no frames.
 *
 * @since 0.1.0
 */
import type { Duplex } from "node:stream"
import type { WireLog } from "../verdict/Record.js"

/**
 * @since 0.1.0
 * @category writing
 */
export class Wire {
  private queue: Array<Uint8Array> = []
  private next = 0
  private corked = false
  private readonly idle: Array<() => void> = []

  constructor(private readonly socket: Duplex, private readonly log: WireLog) {}

  /** With whatever else is written in this turn; `pieces` is how the log counts it. */
  write(octets: Uint8Array, pieces: ReadonlyArray<Uint8Array> = [octets]): void {
    if (this.waiting()) this.queue.push(octets)
    else {
      for (const piece of pieces) this.log.written(piece, false)
      this.cork()
      this.socket.write(octets)
    }
  }

  /** In pieces of `size` octets, with a turn for each. */
  chop(octets: Uint8Array, size: number): void {
    const idle = !this.waiting()
    for (let at = 0; at < octets.length; at += size) this.queue.push(octets.subarray(at, at + size))
    if (idle) setImmediate(this.drain)
  }

  /** Behind all that was written; `flushed` is called when the last octet has left. */
  end(flushed: () => void): void {
    this.discard()
    this.uncork()
    this.socket.end(flushed)
  }

  /** At once, or when what waits for its turn has left. */
  whenIdle(run: () => void): void {
    if (this.waiting()) this.idle.push(run)
    else run()
  }

  /** What still waits for its turn never leaves. */
  discard(): void {
    this.queue = []
    this.next = 0
    for (const run of this.idle.splice(0)) run()
  }

  private waiting(): boolean {
    return this.next < this.queue.length
  }

  private readonly drain = (): void => {
    const octets = this.queue[this.next++]
    if (octets === undefined || this.socket.destroyed) return this.discard()
    this.uncork()
    this.log.written(octets, true)
    this.socket.write(octets)
    if (this.waiting()) setImmediate(this.drain)
    else this.discard()
  }

  private cork(): void {
    if (this.corked) return
    this.corked = true
    this.socket.cork()
    process.nextTick(this.uncork)
  }

  private readonly uncork = (): void => {
    if (!this.corked) return
    this.corked = false
    this.socket.uncork()
  }
}
