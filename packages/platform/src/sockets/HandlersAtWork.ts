/**
 * Handlers of messages that are still at work: any number at once, as far as a budget goes. In: what a handler returned. Out:
 * what the next message is to wait for, if anything, and the first failure.
 *
 * It knows no connection: see `PlatformSocket`.
 */
import { asEffect } from "@effect-ws/connection/host/Hosting"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"

/** What a handler at work weighs besides its message, in bytes: about what its fiber takes. */
const overhead = 4096

export class HandlersAtWork<in out E, in out R> {
  private readonly fibers = new Set<Fiber.RuntimeFiber<Exit.Exit<unknown, E>>>()
  private weight = 0
  private waiting: (() => void) | undefined = undefined

  constructor(
    private readonly runtime: Runtime.Runtime<R>,
    /** In bytes. One handler is always let through. */
    private readonly budget: number,
    private readonly onFailure: (cause: Cause.Cause<E>) => void
  ) {}

  /** Starts what a handler returned, at once: what it does before it first waits is done in the order of messages. */
  start(handled: Effect.Effect<unknown, E, R> | void, size: number): Effect.Effect<void> | void {
    if (handled === undefined || (Exit.isExit(handled) && Exit.isSuccess(handled))) return
    // A fiber that fails writes to the log by itself, and with it fails whoever forks it if the logger does.
    const fiber = Runtime.runFork(this.runtime)(Effect.exit(asEffect(handled)))
    const done = fiber.unsafePoll()
    if (done !== null) return this.onExit(Exit.flatten(done))
    this.fibers.add(fiber)
    this.weight += size + overhead
    fiber.addObserver((exit) => {
      this.fibers.delete(fiber)
      this.weight -= size + overhead
      if (this.weight < this.budget) this.wake()
      this.onExit(Exit.flatten(exit))
    })
    if (!(this.weight < this.budget)) return this.room
  }

  readonly interrupt: Effect.Effect<void> = Effect.suspend(() => Fiber.interruptAll(this.fibers))

  private readonly room = Effect.async<void>((resume) => {
    if (this.weight < this.budget) return resume(Effect.void)
    this.waiting = () => resume(Effect.void)
  })

  private wake(): void {
    const { waiting } = this
    this.waiting = undefined
    waiting?.()
  }

  private onExit(exit: Exit.Exit<unknown, E>): void {
    if (Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)) this.onFailure(exit.cause)
  }
}
