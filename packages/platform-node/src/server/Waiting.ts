/**
 * A request that waits for its answer, over HTTP/1.1 or HTTP/2. In: its transport. Out: whether the client leaves, and what it sends too
 * early, which is kept for the connection.
 */
import type { Receiver } from "@effect-ws/connection/host/Transport"
import type { SocketTransport } from "../transport/SocketTransport.js"

/** A client should send nothing before its answer; if it does, we read no more than this. */
const maxEarly = 64 * 1024

export class Waiting implements Receiver {
  private state: "Waiting" | "Answered" | "Left" = "Waiting"
  private early: Array<Uint8Array> = []
  private earlySize = 0
  private onLeave: (() => void) | undefined = undefined

  constructor(private readonly transport: SocketTransport) {}

  /** Whether an answer is due, and can be given. */
  get isOpen(): boolean {
    return this.state === "Waiting" && !this.transport.stream.destroyed
  }

  get isAnswered(): boolean {
    return this.state !== "Waiting"
  }

  watch(onLeave: () => void): void {
    if (this.state !== "Waiting") return
    const isWatched = this.onLeave !== undefined
    this.onLeave = onLeave
    if (!isWatched) this.transport.attach(this)
  }

  /** From now on it is not waiting. */
  answered(): void {
    this.state = "Answered"
  }

  /** Gives back what came early: the next receiver of the transport gets it first. */
  unread(): void {
    if (this.earlySize === 0) return
    this.transport.pause()
    this.transport.unread(Buffer.concat(this.early))
  }

  onOctets(octets: Uint8Array): void {
    this.early.push(octets.slice()) // they are lent
    this.earlySize += octets.length
    if (this.earlySize > maxEarly) this.transport.pause()
  }

  onDrained(): void {}

  onEnd(): void {
    this.leave()
  }

  onClosed(): void {
    this.leave()
  }

  private leave(): void {
    if (this.state !== "Waiting") return
    this.state = "Left"
    this.transport.destroy()
    this.onLeave?.()
  }
}
