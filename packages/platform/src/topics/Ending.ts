/** The end of a subscription, or of a topic here: it ends fibers that wait for what may never come. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

export class Ending {
  isOver = false
  private readonly over = Deferred.unsafeMake<void>(FiberId.none)

  end(): void {
    this.isOver = true
    Deferred.unsafeDone(this.over, Effect.void)
  }

  /** Runs an Effect, and interrupts it at the end. */
  until(effect: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.suspend(() => this.isOver ? Effect.void : Effect.raceFirst(effect, Deferred.await(this.over)))
  }
}
