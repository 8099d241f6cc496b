/**
 * A transport whose bytes pass a wire log. In: another transport. Out: the same, with each read, write and wait in the log.
 *
 * It changes no bytes. It looks at what is read before it gives it to the connection, which unmasks it in place.
 */
import type { Receiver, Task, Transport } from "@effect-ws/connection/host/Transport"
import type { ConnectionLog } from "./ConnectionLog.js"

export class TappedTransport implements Transport, Receiver {
  private receiver: Receiver | undefined = undefined
  private isOver = false

  constructor(private readonly transport: Transport, private readonly log: ConnectionLog) {}

  get pending(): number {
    return this.transport.pending
  }

  get releases(): boolean {
    return this.transport.releases === true
  }

  attach(receiver: Receiver): void {
    this.receiver = receiver
    this.transport.attach(this)
  }

  write(chunks: ReadonlyArray<Uint8Array>): boolean {
    this.log.written(chunks)
    const passes = this.transport.write(chunks)
    if (!passes && !this.isOver) {
      this.isOver = true
      this.log.waits("Transport")
    }
    return passes
  }

  whenFlushed(task: () => void): void {
    this.transport.whenFlushed(task)
  }

  pause(): void {
    this.transport.pause()
  }

  resume(): void {
    this.transport.resume()
  }

  halfClose(): void {
    this.transport.halfClose()
  }

  destroy(): void {
    this.transport.destroy()
  }

  atEndOfTurn(task: Task): void {
    this.transport.atEndOfTurn(task)
  }

  // -- what the transport tells

  onOctets(octets: Uint8Array): void {
    this.log.read(octets)
    this.receiver?.onOctets(octets)
  }

  onDrained(): void {
    if (this.isOver) {
      this.isOver = false
      this.log.goesOn("Transport")
    }
    this.receiver?.onDrained()
  }

  onEnd(): void {
    this.receiver?.onEnd()
  }

  onClosed(error: unknown): void {
    this.receiver?.onClosed(error)
  }
}
