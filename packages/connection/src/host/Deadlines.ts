/**
 * The timers of all connections of a layer, kept by one fiber under Effect's `Clock`. In: milliseconds and a task. Out: a call when
 * they have passed.
 *
 * Deadlines of the same length are met in the order in which they were started, so each length has a queue, and starting and
 * canceling cost the same for one connection as for 10,000. An idle layer has no timer at all.
 *
 * @since 0.1.0
 */
import { longestTimer } from "@effect-ws/codec/Options"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RcRef from "effect/RcRef"
import * as Scope from "effect/Scope"

/**
 * @since 0.1.0
 * @category models
 */
export interface Expiring {
  /** The deadline has passed. Must not throw. */
  onDeadline(deadline: Deadline): void
}

/**
 * A deadline that was started.
 *
 * @since 0.1.0
 * @category models
 */
export interface Deadline {
  /** By the clock of {@link Deadlines.now}. */
  readonly due: number
  readonly after: number
  readonly task: Expiring
}

/**
 * @since 0.1.0
 * @category models
 */
export class Deadlines {
  private readonly queues = new Map<number, Set<Deadline>>()
  private sleepingUntil = Infinity
  /** When the soonest one is due that the keeper was woken for: it may have been canceled since, and others as soon follow it. */
  private wokenFor = Infinity
  private wake: ((effect: Effect.Effect<void>) => void) | undefined

  constructor(private readonly clock: Clock.Clock) {}

  /** Milliseconds from an arbitrary moment: setting the time of day must neither end connections nor keep them. */
  now(): number {
    return Number(this.nanos() / 1_000_000n)
  }

  /** Nanoseconds from an arbitrary moment, to measure durations. */
  nanos(): bigint {
    return this.clock.unsafeCurrentTimeNanos()
  }

  /** Calls `task` after `after` milliseconds, unless it is canceled before. */
  start(after: number, task: Expiring): Deadline {
    const deadline: Deadline = { due: this.now() + after, after, task }
    const queue = this.queues.get(after)
    if (queue === undefined) this.queues.set(after, new Set([deadline]))
    else queue.add(deadline)
    if (deadline.due < this.sleepingUntil) this.wakeUp(deadline.due)
    return deadline
  }

  cancel(deadline: Deadline): void {
    this.queues.get(deadline.after)?.delete(deadline)
  }

  /** Waits and calls, forever. One fiber runs it. */
  readonly keep: Effect.Effect<never> = Effect.forever(Effect.suspend(() => {
    this.sleepingUntil = this.nextLook()
    if (this.sleepingUntil === Infinity) return this.woken
    const wait = this.sleepingUntil - this.now()
    return wait > 0
      ? Effect.raceFirst(this.clock.sleep(Duration.millis(Math.min(wait, longestTimer))), this.woken)
      : this.expire
  }))

  private readonly woken: Effect.Effect<void> = Effect.async((resume) => {
    // One that is due sooner may have been started between deciding to sleep and coming here.
    if (this.nextLook() < this.sleepingUntil) resume(Effect.void)
    else this.wake = resume
  })

  private wakeUp(due: number): void {
    const wake = this.wake
    if (due < this.wokenFor || this.wokenFor <= this.now()) this.wokenFor = due
    this.wake = undefined
    wake?.(Effect.void)
  }

  /** Most deadlines are canceled in the turn that started them: to look for each anew would wake a fiber for each of them. */
  private nextLook(): number {
    if (this.wokenFor <= this.now()) this.wokenFor = Infinity
    return Math.min(this.earliest(), this.wokenFor)
  }

  private earliest(): number {
    let earliest = Infinity
    for (const [after, queue] of this.queues) {
      if (queue.size === 0) this.queues.delete(after)
      for (const { due } of queue) {
        if (due < earliest) earliest = due
        break
      }
    }
    return earliest
  }

  /** One task that throws, against its promise, does not keep the others from being called. */
  private readonly expire: Effect.Effect<void> = Effect.suspend(() => {
    const now = this.now()
    let report: Effect.Effect<void> = Effect.void
    for (const queue of this.queues.values()) {
      for (const deadline of queue) {
        if (deadline.due > now) break
        queue.delete(deadline)
        try {
          deadline.task.onDeadline(deadline)
        } catch (defect) {
          const line = Effect.logError("The task of a deadline failed", Cause.die(defect))
          report = Effect.zipRight(report, Effect.catchAllCause(line, () => Effect.void)) // a logger may fail, too
        }
      }
    }
    return report
  })
}

/**
 * Deadlines that are kept until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Deadlines, never, Scope.Scope> = Effect.clockWith((clock) => {
  const deadlines = new Deadlines(clock)
  return Effect.as(Effect.forkScoped(Effect.interruptible(deadlines.keep)), deadlines)
})

/**
 * Deadlines that live as long as anything refers to them, for instance a client and each of its connections.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeShared: Effect.Effect<RcRef.RcRef<Deadlines>> = Effect.flatMap(
  // A reference whose scope closes takes its resource from those who still hold it; so this one's stays open.
  Scope.make(),
  (scope) => Scope.extend(RcRef.make({ acquire: make }), scope)
)
