/**
 * Publishes the messages of a node to others, in order: at once while the backplane can be reached, and otherwise, as chosen, not at all or
 * within a bounded time and size. In: ways to hand a message over. Out: each handed over once, or again if it is unknown whether it
 * arrived; and an answer for each, in time.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { BackplaneUnavailable } from "../Backplane.js"

export type Told<A> = Either.Either<A, BackplaneUnavailable>

/** Hands a message over, and is told the result. */
export type HandOver = (done: (result: Told<string | undefined>) => void, isAgain: boolean) => void

export interface Bounds {
  /** Whether to wait while the backplane is away. */
  readonly whileAway: "wait" | "fail"
  /** How long a message waits, and how long for an answer. */
  readonly waitFor: Duration.Duration
  /** Bytes that may wait, for the backplane or its answer, in all. */
  readonly waitingSize: number
}

/** A message that is not done. */
interface Pending {
  readonly handOver: HandOver
  readonly size: number
  readonly order: number
  readonly done: (result: Told<string | undefined>) => void
  /** By the clock, in milliseconds: the order is that of coming. */
  readonly deadline: number
  mayHaveArrived: boolean
  attempts: number
  why: string
}

/** How often a message is handed over if its answer is lost. */
const mostAttempts = 5

const closed = "its node is closed"

export class Outlet {
  private readonly pending = new Set<Pending>()
  /** Those that wait to be handed over, in order. */
  private waiting: Array<Pending> = []
  private size = 0
  private order = 0
  private isWatched = false
  private isClosed = false

  constructor(
    private readonly bounds: Bounds,
    private readonly clock: Clock.Clock,
    private readonly isUp: () => boolean,
    private readonly fork: (effect: Effect.Effect<void>) => void
  ) {}

  /** Sends a message. `done` is called once, perhaps at once. */
  send(size: number, handOver: HandOver, done: (result: Told<string | undefined>) => void): void {
    const { waitFor, waitingSize } = this.bounds
    const one: Pending = {
      handOver,
      size,
      done,
      order: this.order++,
      deadline: this.clock.unsafeCurrentTimeMillis() + Duration.toMillis(waitFor),
      mayHaveArrived: false,
      attempts: 0,
      why: "it cannot be reached"
    }
    this.pending.add(one)
    this.size += size
    if (this.isClosed) {
      one.why = closed
      this.fail(one)
    } else if (this.size > waitingSize) {
      one.why = `with this message, more than ${waitingSize} bytes (waitingSize) would wait for it`
      this.fail(one)
    } else if (this.isUp() && this.waiting.length === 0) this.attempt(one)
    else this.wait(one)
    if (this.pending.size > 0) this.watch()
  }

  /** The backplane can be reached, again. */
  onUp(): void {
    const all = this.waiting
    this.waiting = []
    for (const one of all) this.attempt(one)
  }

  /** Its node closes: waiting and later messages fail. */
  close(): void {
    this.isClosed = true
    const unsent = new Set(this.waiting)
    this.waiting = []
    for (const one of this.pending) {
      one.mayHaveArrived ||= !unsent.has(one)
      one.why = closed
      this.fail(one)
    }
  }

  private attempt(one: Pending): void {
    const isAgain = one.mayHaveArrived
    one.attempts++
    one.handOver((result) => {
      if (!this.pending.has(one)) return
      if (Either.isRight(result)) return this.finish(one, result)
      one.mayHaveArrived ||= result.left.mayHaveArrived
      one.why = result.left.why
      const again = one.attempts < mostAttempts && (!this.isUp() || result.left.mayHaveArrived)
      if (!again) return this.fail(one)
      this.wait(one)
      if (this.isUp()) this.onUp() // it came back before we were told that it had gone
    }, isAgain)
  }

  private wait(one: Pending): void {
    if (this.bounds.whileAway === "fail") return this.fail(one)
    // Those whose answer was lost stand before those that came meanwhile.
    let at = this.waiting.length
    while (at > 0 && (this.waiting[at - 1]?.order ?? 0) > one.order) at--
    this.waiting.splice(at, 0, one)
  }

  /** Starts one fiber for all messages, while there are any. */
  private watch(): void {
    if (this.isWatched) return
    this.isWatched = true
    this.fork(Effect.whileLoop({
      while: () => this.isWatched,
      body: () => this.clock.sleep(Duration.millis(this.untilNext)),
      step: () => this.expire()
    }))
  }

  private get untilNext(): number {
    const first = this.pending.values().next().value
    return first === undefined ? 0 : Math.max(1, first.deadline - this.clock.unsafeCurrentTimeMillis())
  }

  private expire(): void {
    const now = this.clock.unsafeCurrentTimeMillis()
    for (const one of this.pending) {
      if (one.deadline > now) break
      const at = this.waiting.indexOf(one)
      if (at >= 0) this.waiting.splice(at, 1)
      else {
        one.mayHaveArrived = true
        one.why = "it did not answer within waitFor"
      }
      this.fail(one)
    }
    this.isWatched = this.pending.size > 0
  }

  private fail(one: Pending): void {
    this.finish(one, Either.left(new BackplaneUnavailable({ mayHaveArrived: one.mayHaveArrived, why: one.why })))
  }

  private finish(one: Pending, result: Told<string | undefined>): void {
    if (!this.pending.delete(one)) return
    this.size -= one.size
    one.done(result)
  }
}
