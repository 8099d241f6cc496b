/**
 * The timer of a connection that is about to end: one at a time, as the machine asks. In: which one. Out: that it is over, and what
 * writing did meanwhile. It does not know what follows.
 */
import type { Deadline, Deadlines, Expiring } from "../host/Deadlines.js"
import type { Limits } from "../Limits.js"
import type { Progress, Timer } from "../Protocol.js"
import { durationOf } from "../protocol/timers.js"

/** The connection, as this module sees it. */
export interface Closing {
  readonly outbox: { readonly delivered: number; readonly isBehind: boolean }
  onFired(progress: Progress): void
}

export class Waiting implements Expiring {
  private deadline: Deadline | undefined = undefined
  /** What had left when the timer was started. */
  private before = 0

  constructor(
    private readonly closing: Closing,
    private readonly deadlines: Deadlines,
    private readonly limits: Limits
  ) {}

  /** In place of any other. */
  start(timer: Timer): void {
    this.stop()
    this.before = this.closing.outbox.delivered
    this.deadline = this.deadlines.start(durationOf(this.limits, timer), this)
  }

  stop(): void {
    if (this.deadline === undefined) return
    this.deadlines.cancel(this.deadline)
    this.deadline = undefined
  }

  onDeadline(): void {
    this.deadline = undefined
    const { delivered, isBehind } = this.closing.outbox
    this.closing.onFired({ delivered: delivered - this.before, isBehind })
  }
}
