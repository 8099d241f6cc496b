/**
 * Two transports in memory, each the other's peer: what is written at one end arrives at the other, in order, in microtasks. For tests
 * of whole connections without sockets, and for connections within a process.
 *
 * It moves bytes as TCP does, with a bounded buffer for each direction, half-closes and resets, and knows no frames.
 *
 * @since 0.1.0
 */
import type { Receiver, Task, Transport } from "../host/Transport.js"

/**
 * One end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Loopback extends Transport {
  /** Whether this end is closed: nothing comes or goes any more. */
  readonly isClosed: boolean
  /** Breaks the transport: unlike with `destroy`, both ends see an error, and data in flight is lost. */
  readonly reset: (error: unknown) => void
  /** Holds back what would arrive here, as on a stalled network, until {@link release}. */
  readonly hold: () => void
  readonly release: () => void
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Bytes in flight from which on `write` returns `false`. Default 64 KiB. */
  readonly highWaterMark?: number
  /** Cuts what was written into reads. Default: one read for each chunk of a write. */
  readonly split?: (octets: Uint8Array) => Iterable<Uint8Array>
}

/**
 * A pair of connected transports.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): readonly [Loopback, Loopback] => {
  const one = new End(options)
  const other = new End(options)
  one.peer = other
  other.peer = one
  return [one, other]
}

type Item = Uint8Array | "end"

class End implements Loopback {
  peer: End = this
  private receiver: Receiver | undefined = undefined
  private readonly highWaterMark: number
  private readonly split: NonNullable<Options["split"]>
  /** What was written and has not arrived. */
  private queue: Array<Item> = []
  private inFlight = 0
  private over = false
  private flushes: ReadonlyArray<() => void> = []
  private isPumping = false
  private isPaused = false
  private isHeld = false
  /** Our side was ended; the peer's end has arrived; nothing works any more. */
  private hasEnded = false
  private hasHeardEnd = false
  isClosed = false

  constructor({ highWaterMark = 64 * 1024, split = (octets) => [octets] }: Options) {
    this.highWaterMark = highWaterMark
    this.split = split
  }

  get pending(): number {
    return this.inFlight
  }

  attach(receiver: Receiver): void {
    this.receiver = receiver
    this.peer.pump()
  }

  write(chunks: ReadonlyArray<Uint8Array>): boolean {
    if (this.isClosed || this.hasEnded) return true
    // The other end owns what it is given; the user's memory stays the user's. (`Buffer.slice` is no copy.)
    for (const chunk of chunks) {
      for (const piece of this.split(new Uint8Array(chunk))) {
        if (piece.length > 0) this.enqueue(piece)
      }
    }
    this.over = this.inFlight > this.highWaterMark
    return !this.over
  }

  whenFlushed(task: () => void): void {
    if (this.isClosed) return
    if (this.inFlight === 0) return task()
    this.flushes = [...this.flushes, task]
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.peer.pump()
  }

  hold(): void {
    this.isHeld = true
  }

  release(): void {
    this.isHeld = false
    this.peer.pump()
  }

  halfClose(): void {
    if (this.isClosed || this.hasEnded) return
    this.hasEnded = true
    this.enqueue("end")
  }

  destroy(): void {
    if (this.isClosed) return
    this.hasEnded = true
    this.queue = ["end"]
    this.inFlight = 0
    this.pump()
    this.close(undefined)
  }

  reset(error: unknown): void {
    this.queue = []
    this.close(error)
    this.peer.close(error)
  }

  atEndOfTurn(task: Task): void {
    void Promise.resolve().then(() => task.runTask())
  }

  private enqueue(item: Item): void {
    if (this.peer.isClosed) return this.close(new Error("the peer has closed the transport"))
    this.queue.push(item)
    if (item !== "end") this.inFlight += item.length
    this.pump()
  }

  private pump(): void {
    if (this.isPumping || this.queue.length === 0) return
    this.isPumping = true
    void Promise.resolve().then(() => {
      this.isPumping = false
      this.deliver()
    })
  }

  private deliver(): void {
    const { peer } = this
    while (!peer.isPaused && !peer.isHeld && !peer.isClosed && peer.receiver !== undefined) {
      const item = this.queue.shift()
      if (item === undefined) break
      if (item === "end") {
        peer.hasHeardEnd = true
        peer.receiver.onEnd()
      } else {
        this.inFlight -= item.length
        peer.receiver.onOctets(item)
      }
    }
    if (this.inFlight === 0) {
      const flushes = this.flushes
      this.flushes = []
      for (const task of flushes) task()
    }
    if (this.over && this.inFlight <= this.highWaterMark / 2) {
      this.over = false
      this.receiver?.onDrained()
    }
    for (const end of [this, peer]) {
      if (end.hasEnded && end.hasHeardEnd && end.queue.length === 0) end.close(undefined)
    }
  }

  private close(error: unknown): void {
    if (this.isClosed) return
    this.isClosed = true
    this.flushes = []
    void Promise.resolve().then(() => this.receiver?.onClosed(error))
  }
}
