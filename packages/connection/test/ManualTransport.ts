/** A transport whose every answer the test gives: what was written, when it is flushed, whether it is over its mark. */
import type { Receiver, Task, Transport } from "@effect-ws/connection/host/Transport"
import { concat } from "./wire.js"

export class ManualTransport implements Transport {
  receiver: Receiver | undefined = undefined
  /** As it was given, piece by piece. */
  readonly writes: Array<ReadonlyArray<Uint8Array>> = []
  /** What was called, in order. */
  readonly calls: Array<"write" | "pause" | "resume" | "halfClose" | "destroy"> = []
  pending = 0
  /** Whether a write leaves at once; otherwise it stays until {@link drain}, and is over the mark. */
  passes = true
  private tasks: Array<Task> = []
  private flushes: Array<() => void> = []

  readonly attach = (receiver: Receiver): void => {
    this.receiver = receiver
  }
  readonly write = (chunks: ReadonlyArray<Uint8Array>): boolean => {
    this.calls.push("write")
    this.writes.push([...chunks])
    if (!this.passes) { for (const chunk of chunks) this.pending += chunk.length }
    return this.passes
  }
  readonly whenFlushed = (task: () => void): void => {
    if (this.pending === 0) task()
    else this.flushes.push(task)
  }
  readonly pause = (): void => void this.calls.push("pause")
  readonly resume = (): void => void this.calls.push("resume")
  readonly halfClose = (): void => void this.calls.push("halfClose")
  readonly destroy = (): void => void this.calls.push("destroy")
  readonly atEndOfTurn = (task: Task): void => void this.tasks.push(task)

  /** The turn is over. */
  endTurn(): void {
    const tasks = this.tasks
    this.tasks = []
    for (const task of tasks) task.runTask()
  }

  /** All that was written has left. */
  drain(): void {
    this.pending = 0
    const flushes = this.flushes
    this.flushes = []
    for (const task of flushes) task()
    this.receiver?.onDrained()
  }

  /** The peer writes. What is read is lent, and overwritten afterwards. */
  says(...octets: ReadonlyArray<Uint8Array>): void {
    for (const read of octets) {
      const lent = read.slice()
      this.receiver?.onOctets(lent)
      lent.fill(0xee)
    }
    this.endTurn()
  }

  /** All octets that were written. */
  get wire(): Uint8Array {
    return concat(...this.writes.flat())
  }

  /** The octets that were written since the last call. */
  taken(): Uint8Array {
    const octets = this.wire.slice(this.seen)
    this.seen += octets.length
    return octets
  }
  private seen = 0
}
