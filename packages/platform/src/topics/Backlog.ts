/**
 * Messages of one subscription that wait for room in an outbox, bounded in number and bytes: the oldest is dropped. With keys, a message
 * replaces the one with the same key.
 */
import type { PreparedMessage } from "@effect-ws/connection/Message"
import { sizeOf } from "./payloads.js"

export class Backlog {
  private readonly waiting = new Map<string | number, PreparedMessage>()
  private next = 0
  private bytes = 0

  constructor(private readonly most: number, private readonly size: number) {}

  get length(): number {
    return this.waiting.size
  }

  /** The oldest. */
  get first(): PreparedMessage | undefined {
    return this.waiting.values().next().value
  }

  /** Returns how many were dropped for it; it is dropped itself if it is larger than all that may wait. */
  add(message: PreparedMessage, key: string | undefined): number {
    const before = this.waiting.size
    if (key !== undefined) this.delete(key)
    let dropped = before - this.waiting.size
    this.waiting.set(key ?? this.next++, message)
    this.bytes += sizeOf(message)
    while (this.waiting.size > this.most || this.bytes > this.size) {
      this.shift()
      dropped++
    }
    return dropped
  }

  /** Takes the oldest away. */
  shift(): void {
    const oldest = this.waiting.keys().next().value
    if (oldest !== undefined) this.delete(oldest)
  }

  private delete(key: string | number): void {
    const message = this.waiting.get(key)
    if (message === undefined) return
    this.waiting.delete(key)
    this.bytes -= sizeOf(message)
  }
}
