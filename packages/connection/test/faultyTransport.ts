/**
 * A transport around another that breaks at a chosen octet, in one direction, in one way. It keeps what has passed, so that a
 * test can say which outcome is the right one.
 */
import type { Receiver, Task, Transport } from "@effect-ws/connection/host/Transport"

export interface Fault {
  /** Of the octets that are read, or of those that are written. */
  readonly way: "in" | "out"
  /** How many of them still pass. */
  readonly at: number
  readonly kind: Kind
}

/**
 * - `reset`: both directions break, with an error.
 * - `vanish`: both directions end, without one.
 * - `end` (in): the peer's side has ended, ours goes on.
 * - `stall`: nothing more passes, and nobody says so; out, writes are over the mark from then on.
 * - `delay`: as `stall`, until {@link FaultyTransport.release}.
 * - `split`: one octet at a time.
 */
export type Kind = "reset" | "vanish" | "end" | "stall" | "delay" | "split"

export const kinds: Readonly<Record<Fault["way"], ReadonlyArray<Kind>>> = {
  in: ["reset", "vanish", "end", "stall", "delay", "split"],
  out: ["reset", "vanish", "stall", "delay", "split"]
}

type Event = Uint8Array | "end"

export class FaultyTransport implements Transport, Receiver {
  /** What the connection was given, and what it wrote (whether or not it left). */
  readonly heard: Array<Uint8Array> = []
  readonly said: Array<Uint8Array> = []
  /** How its side of the peer ended, as the connection was told, if it was before it destroyed the transport. */
  ending: "end" | "closed" | undefined = undefined
  /** Writes behind the turn in which the connection was told the last word. */
  callsAfterClosed = 0
  closedCalls = 0
  private receiver: Receiver | undefined = undefined
  private passedIn = 0
  private passedOut = 0
  private heldIn: Array<Event> | undefined = undefined
  private heldOut: Array<Uint8Array> | undefined = undefined
  private wantsHalfClose = false
  private wantsFlush: Array<() => void> = []
  private released = false
  private isClosed = false
  private isLate = false
  private isDestroyed = false

  constructor(private readonly inner: Transport, private readonly fault: Fault | undefined) {}

  /** Nothing of it is held any more: it was destroyed, or has told that it is closed. */
  get isGone(): boolean {
    return this.isDestroyed || this.isClosed
  }

  // -- as a transport

  get pending(): number {
    return this.inner.pending + (this.heldOut ?? []).reduce((size, { length }) => size + length, 0)
  }

  attach(receiver: Receiver): void {
    this.receiver = receiver
    this.inner.attach(this)
  }

  write(chunks: ReadonlyArray<Uint8Array>): boolean {
    if (this.isLate) this.callsAfterClosed++
    if (this.isClosed || this.isDestroyed) return true
    let room = true
    for (const chunk of chunks) {
      this.said.push(chunk.slice())
      room = this.writeOne(chunk) && room
    }
    return room
  }

  private writeOne(chunk: Uint8Array): boolean {
    const { fault } = this
    if (this.heldOut !== undefined) {
      this.heldOut.push(chunk.slice())
      return false
    }
    const left = fault?.way === "out" && !this.released ? fault.at - this.passedOut : Infinity
    if (fault === undefined || chunk.length <= left) {
      this.passedOut += chunk.length
      return this.inner.write([chunk])
    }
    const passing = chunk.subarray(0, Math.max(0, left))
    const rest = chunk.subarray(passing.length)
    this.passedOut += passing.length
    if (passing.length > 0) this.inner.write([passing])
    if (fault.kind === "split") {
      let room = true
      for (const octet of rest) room = this.inner.write([Uint8Array.of(octet)]) && room
      this.passedOut += rest.length
      return room
    }
    this.heldOut = [rest.slice()]
    if (fault.kind === "reset" || fault.kind === "vanish") this.break(fault.kind)
    return false
  }

  whenFlushed(task: () => void): void {
    if (this.isClosed || this.isDestroyed) return
    if (this.heldOut === undefined) this.inner.whenFlushed(task)
    else this.wantsFlush.push(task)
  }

  pause(): void {
    this.inner.pause()
  }

  resume(): void {
    this.inner.resume()
  }

  halfClose(): void {
    if (this.heldOut === undefined) this.inner.halfClose()
    else this.wantsHalfClose = true
  }

  destroy(): void {
    this.isDestroyed = true
    this.inner.destroy()
  }

  atEndOfTurn(task: Task): void {
    this.inner.atEndOfTurn(task)
  }

  // -- as the receiver of the other one

  onOctets(octets: Uint8Array): void {
    const { fault } = this
    if (this.isClosed) return
    if (this.heldIn !== undefined) return void this.heldIn.push(octets)
    const left = fault?.way === "in" && !this.released ? fault.at - this.passedIn : Infinity
    if (fault === undefined || octets.length <= left) return this.hear(octets)
    const passing = octets.slice(0, Math.max(0, left))
    const rest = octets.slice(passing.length)
    if (passing.length > 0) this.hear(passing)
    switch (fault.kind) {
      case "split":
        for (const octet of rest) this.hear(Uint8Array.of(octet))
        return
      case "reset":
      case "vanish":
        return this.break(fault.kind)
      case "end":
        this.heldIn = []
        return this.hearEnd()
      case "stall":
      case "delay":
        this.heldIn = [rest]
    }
  }

  onDrained(): void {
    if (this.heldOut === undefined) this.receiver?.onDrained()
  }

  onEnd(): void {
    if (this.isClosed) return
    if (this.heldIn === undefined) this.hearEnd()
    else if (this.fault?.kind !== "end") this.heldIn.push("end")
  }

  onClosed(error: unknown): void {
    // Who stalls does not hear that the other end is gone either.
    if (this.heldIn !== undefined && !this.isDestroyed && this.fault?.kind !== "end") return
    this.close(error)
  }

  // -- faults

  /** Ends a delay. */
  release(): void {
    if (this.fault?.kind !== "delay" || this.released || this.isClosed) return
    this.released = true
    const { heldIn = [], heldOut = [] } = this
    this.heldIn = undefined
    this.heldOut = undefined
    for (const event of heldIn) {
      if (event === "end") this.hearEnd()
      else this.hear(event)
    }
    if (heldOut.length === 0) return
    const room = this.inner.write(heldOut)
    for (const task of this.wantsFlush) this.inner.whenFlushed(task)
    if (this.wantsHalfClose) this.inner.halfClose()
    if (room) this.receiver?.onDrained()
  }

  private break(kind: "reset" | "vanish"): void {
    this.heldIn = []
    this.inner.destroy()
    void Promise.resolve().then(() => this.close(kind === "reset" ? new Error("ECONNRESET") : undefined))
  }

  private hear(octets: Uint8Array): void {
    this.passedIn += octets.length
    this.heard.push(octets.slice())
    this.receiver?.onOctets(octets)
    octets.fill(0xee) // they were lent
  }

  private hearEnd(): void {
    if (!this.isDestroyed) this.ending ??= "end"
    this.receiver?.onEnd()
  }

  private close(error: unknown): void {
    if (this.isClosed) return
    this.isClosed = true
    this.closedCalls++
    setImmediate(() => {
      this.isLate = true
    })
    if (!this.isDestroyed) this.ending ??= "closed"
    this.receiver?.onClosed(error)
  }
}
