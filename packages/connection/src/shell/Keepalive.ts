/**
 * Notices a peer that is gone: a ping after a silence, and the end when that stays without any sign of life. A received octet is
 * life, and so is progress of writing; while we do not read, silence says nothing.
 *
 * A deadline is not moved with each octet. When it is over, what is left of the silence is waited for, in eighths of the
 * interval, so that all connections of a layer share a few lengths. Only the first octet behind a ping starts the interval anew:
 * what was left of the timeout, which may be far longer or shorter, is no measure of the next silence.
 */
import type { Deadline, Deadlines, Expiring } from "../host/Deadlines.js"
import type { Limits } from "../Limits.js"

/**
 * Milliseconds between the end of the waiting and the end of the connection: a process that stood still (starved, suspended,
 * collecting garbage) finds its timers due before it has read what came meanwhile.
 */
const lastLook = 1

/** The connection, as this module sees it. */
export interface Watched {
  /** Octets that have left, and that have not. */
  readonly outbox: { readonly delivered: number; readonly pending: number }
  readonly isHearing: boolean
  onSilence(): void
  onUnresponsive(): void
}

export class Keepalive implements Expiring {
  private heardAt: number
  private delivered = 0
  private pending = 0
  private pinged = false
  private looked = false
  private deadline: Deadline

  constructor(
    private readonly watched: Watched,
    private readonly deadlines: Deadlines,
    private readonly limits: Limits
  ) {
    this.heardAt = deadlines.now()
    this.deadline = deadlines.start(limits.keepaliveInterval, this)
  }

  heard(): void {
    this.heardAt = this.deadlines.now()
    if (this.pinged) this.beginAnew()
  }

  private beginAnew(): void {
    this.pinged = false
    this.looked = false
    this.deadlines.cancel(this.deadline)
    this.deadline = this.deadlines.start(this.limits.keepaliveInterval, this)
  }

  stop(): void {
    this.deadlines.cancel(this.deadline)
  }

  onDeadline(): void {
    const { delivered, pending } = this.watched.outbox
    // Only of what had to wait: what leaves at once, as our own ping does, says nothing of the peer.
    const progress = this.pending > 0 && delivered > this.delivered
    this.delivered = delivered
    this.pending = pending
    if (progress || !this.watched.isHearing) {
      this.heardAt = this.deadlines.now()
      return this.beginAnew()
    }
    if (this.looked) return this.watched.onUnresponsive()
    if (this.pinged) {
      this.looked = true
      this.deadline = this.deadlines.start(lastLook, this)
      return
    }
    const { keepaliveInterval, keepaliveTimeout } = this.limits
    const left = this.heardAt + keepaliveInterval - this.deadlines.now()
    if (left > 0) {
      const eighth = keepaliveInterval / 8
      this.deadline = this.deadlines.start(Math.ceil(left / eighth) * eighth, this)
      return
    }
    this.pinged = true
    this.deadline = this.deadlines.start(keepaliveTimeout, this)
    this.watched.onSilence()
  }
}
