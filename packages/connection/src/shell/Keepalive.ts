/**
 * Tells the keepalive of the machine (`protocol/keepalive.ts`) what goes on, and waits for it. One for each idle connection: it is
 * small, and hearing a byte costs next to nothing.
 */
import type { Deadline, Deadlines, Expiring } from "../host/Deadlines.js"
import type { Limits } from "../Limits.js"
import * as keepalive from "../protocol/keepalive.js"

/** The connection, as this module sees it. */
export interface Watched {
  /** Bytes that have left, and that have not. */
  readonly outbox: { readonly delivered: number; readonly pending: number }
  readonly isHearing: boolean
  onSilence(): void
  onUnresponsive(): void
}

export class Keepalive implements Expiring {
  private phase: keepalive.Phase = keepalive.begin.phase
  private heardAt: number
  private delivered = 0
  private pending = 0
  private deadline: Deadline

  constructor(
    private readonly watched: Watched,
    private readonly deadlines: Deadlines,
    private readonly limits: Limits
  ) {
    this.heardAt = deadlines.now()
    this.deadline = this.start(keepalive.begin.wait, 0)
  }

  heard(): void {
    this.heardAt = this.deadlines.now()
    const next = keepalive.next(this.phase, "Heard")
    if (next !== "Stay") this.follow(next, 0)
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
    const now = this.deadlines.now()
    const left = this.heardAt + this.limits.keepaliveInterval - now
    const notice = keepalive.noticeOf(progress, this.watched.isHearing, left)
    if (notice === "Alive") this.heardAt = now
    this.follow(keepalive.next(this.phase, notice), left)
  }

  private follow(next: ReturnType<typeof keepalive.next>, left: number): void {
    if (next === "Stay") return
    if (next === "GiveUp") return this.watched.onUnresponsive()
    this.phase = next.phase
    this.deadlines.cancel(this.deadline)
    this.deadline = this.start(next.wait, left)
    if (next.sendsPing) this.watched.onSilence()
  }

  private start(wait: keepalive.Wait, left: number): Deadline {
    return this.deadlines.start(keepalive.lengthOf(this.limits, wait, left), this)
  }
}
