/**
 * Calls a handler for each message: synchronously, in the turn that received it, until a handler returns an Effect; then in a fiber, for
 * as long as there is something to do. In order: the next message waits for the one before it.
 *
 * While there is nothing to do, there is no fiber. Of a connection, it knows only the inbox.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import { asEffect } from "../internal/asEffect.js"
import { Send } from "../sending/senders.js"
import type { Handler, Inbox } from "./Inbox.js"

/** Who is told how it ended: exactly once, after the last message, unless it was interrupted before. */
export interface Drives<in A, E, R> {
  /** For handlers that return an Effect; asked for once one does. */
  readonly runtime: Runtime.Runtime<R>
  onMessage(message: A): Effect.Effect<unknown, E, R> | void
  onDone(exit: Exit.Exit<unknown, E>): void
}

export class Driver<A, E, R> implements Handler<A> {
  private batch: ReadonlyArray<A> = none
  private next = 0
  private working: Effect.Effect<unknown, E, R> | undefined = undefined
  private worker: Fiber.RuntimeFiber<Exit.Exit<void, E>> | undefined = undefined
  /** A handler is being called, or its effect is at work. */
  private busy = false
  private done = false

  constructor(
    private readonly inbox: Inbox<A>,
    private readonly drives: Drives<A, E, R>
  ) {}

  start(): void {
    this.inbox.handler = this
    this.takeQueued()
  }

  /** Stops calling; a handler at work is interrupted, and waited for. What was not begun is left to others. */
  readonly stop: Effect.Effect<void> = Effect.suspend(() => {
    this.done = true
    this.leave()
    return this.worker === undefined ? Effect.void : Fiber.interrupt(this.worker)
  })

  onBatch(batch: ReadonlyArray<A>): boolean {
    if (this.busy) return false
    this.busy = true
    this.batch = batch
    this.next = 0
    try {
      if (!this.advance()) {
        this.busy = false
        this.inbox.setBusy(false)
        this.finishIfEnded()
        return true
      }
    } catch (defect) { // never into the transport
      this.finish(Exit.die(defect))
      return true
    }
    this.inbox.setBusy(true)
    // A fiber that fails writes to the log by itself, and with it fails whoever forks it if the logger does.
    const worker = Runtime.runFork(this.drives.runtime)(Effect.exit(this.work))
    this.worker = worker
    worker.addObserver((exit) => this.onIdle(Exit.flatten(exit)))
    return true
  }

  onEnd(): void {
    if (!this.busy) this.finishIfEnded()
  }

  /** The effects that handlers return, one after the other, and what can be handled synchronously in between. */
  private get work(): Effect.Effect<void, E, R> {
    return Effect.whileLoop({
      while: () => this.working !== undefined,
      body: () => this.working ?? Effect.void,
      step: () => {
        this.working = undefined
        this.advance()
      }
    })
  }

  /** Until a handler returns an Effect that is more than a success. */
  private advance(): boolean {
    for (;;) {
      while (this.next < this.batch.length) {
        const message = this.batch[this.next++]
        if (message === undefined) continue
        const result = this.drives.onMessage(message)
        if (result !== undefined && !isDone(result)) {
          this.working = asEffect(result)
          return true
        }
      }
      this.batch = this.inbox.take() ?? none
      this.next = 0
      if (this.batch.length === 0) return false
    }
  }

  private onIdle(exit: Exit.Exit<void, E>): void {
    this.worker = undefined
    if (this.done) return
    if (Exit.isFailure(exit)) return this.finish(exit)
    this.takeQueued() // what came while the fiber was about to end
  }

  /** Taking makes room, and more may be delivered before it returns: that comes behind what was taken. */
  private takeQueued(): void {
    this.busy = true
    const batch = this.inbox.take() ?? none
    this.busy = false
    this.onBatch(batch)
  }

  private finishIfEnded(): void {
    if (this.inbox.end !== undefined && this.inbox.isEmpty) this.finish(Exit.void)
  }

  private finish(exit: Exit.Exit<unknown, E>): void {
    if (this.done) return
    this.done = true
    this.leave()
    this.drives.onDone(exit)
  }

  private leave(): void {
    if (this.inbox.handler === this) this.inbox.handler = undefined
    this.inbox.putBack(this.batch.slice(this.next))
    this.batch = none
    this.next = 0
  }
}

const none: ReadonlyArray<never> = []

/** Whether an Effect needs no fiber: it is a success already, or a message that can be sent at once. */
const isDone = (effect: Effect.Effect<unknown, unknown, unknown>): boolean =>
  effect instanceof Send ? effect.attempt() : Exit.isExit(effect) && Exit.isSuccess(effect)
