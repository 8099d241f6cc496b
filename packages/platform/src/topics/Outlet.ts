/**
 * What a node publishes to others, in order: at once while the backplane can be reached, and otherwise, by choice, not at all or within
 * a bounded time and size. In: ways to hand something over. Out: each handed over once, or again if nobody knows whether it arrived.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { BackplaneUnavailable } from "../Backplane.js"

export type Told<A> = Either.Either<A, BackplaneUnavailable>

/** Hands something over, and is told what became of it. */
export type HandOver = (done: (result: Told<string | undefined>) => void) => void

export interface Bounds {
  /** Whether to wait while the backplane is away. */
  readonly whileAway: "wait" | "fail"
  /** For how long one waits. */
  readonly waitFor: Duration.Duration
  /** Bytes that may wait, together. */
  readonly waitingSize: number
}

interface Waiting {
  readonly handOver: HandOver
  readonly size: number
  readonly order: number
  readonly done: (result: Told<string | undefined>) => void
  mayHaveArrived: boolean
  attempts: number
  over: boolean
}

/** How often one is handed over again whose answer was lost. */
const mostAttempts = 5

export class Outlet {
  private waiting: Array<Waiting> = []
  private size = 0
  private order = 0

  constructor(
    private readonly bounds: Bounds,
    private readonly isUp: () => boolean,
    private readonly fork: (effect: Effect.Effect<void>) => void
  ) {}

  /** `done` is called once: at once, if that is how it is. */
  send(size: number, handOver: HandOver, done: (result: Told<string | undefined>) => void): void {
    const one: Waiting = { handOver, size, done, order: this.order++, mayHaveArrived: false, attempts: 0, over: false }
    if (this.isUp() && this.waiting.length === 0) this.attempt(one)
    else this.wait(one, "it cannot be reached")
  }

  /** The backplane can be reached, again. */
  onUp(): void {
    const all = this.waiting
    this.waiting = []
    this.size = 0
    for (const one of all) this.attempt(one)
  }

  private attempt(one: Waiting): void {
    if (one.over) return
    one.attempts++
    one.handOver((result) => {
      if (Either.isRight(result)) return this.finish(one, result)
      one.mayHaveArrived ||= result.left.mayHaveArrived
      const again = one.attempts < mostAttempts && (!this.isUp() || result.left.mayHaveArrived)
      if (!again) return this.fail(one, result.left.why)
      this.wait(one, result.left.why)
      if (this.isUp()) this.onUp() // it came back before we were told that it had gone
    })
  }

  private wait(one: Waiting, why: string): void {
    const { waitFor, waitingSize, whileAway } = this.bounds
    if (whileAway === "fail") return this.fail(one, why)
    if (this.size + one.size > waitingSize) return this.fail(one, `more than ${waitingSize} bytes wait for it already`)
    // Those whose answer was lost stand before those that came meanwhile.
    let at = this.waiting.length
    while (at > 0 && (this.waiting[at - 1]?.order ?? 0) > one.order) at--
    this.waiting.splice(at, 0, one)
    this.size += one.size
    if (one.attempts <= 1) this.fork(Effect.delay(Effect.sync(() => this.expire(one, why)), waitFor))
  }

  private expire(one: Waiting, why: string): void {
    const at = this.waiting.indexOf(one)
    if (at < 0) return
    this.waiting.splice(at, 1)
    this.size -= one.size
    this.fail(one, why)
  }

  private fail(one: Waiting, why: string): void {
    this.finish(one, Either.left(new BackplaneUnavailable({ mayHaveArrived: one.mayHaveArrived, why })))
  }

  private finish(one: Waiting, result: Told<string | undefined>): void {
    if (one.over) return
    one.over = true
    one.done(result)
  }
}
