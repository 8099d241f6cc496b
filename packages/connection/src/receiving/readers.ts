/**
 * The ways to read an inbox: one element, batches, a Stream, a handler. Each is thin: no Effect for an element where a batch will do, and
 * no canceler for each wait (a slot is cleared once, by whoever opened it).
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import type * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ConnectionError, End, EndOfMessages } from "../ConnectionError.js"
import { asEffect } from "../internal/asEffect.js"
import { type Source, streamOf } from "../internal/streams.js"
import { Driver } from "./Driver.js"
import type { Inbox, Slot } from "./Inbox.js"

export interface Reader<A> {
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<A>, EndOfMessages | ConnectionError>
}

/** Waits until the inbox wakes the reader at `slot`. */
export const park = (slot: Slot): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    slot.waiting = resume
  })

const pull = <A>(inbox: Inbox<A>, slot: Slot): Reader<A>["pull"] => {
  const next: Reader<A>["pull"] = Effect.suspend(() => {
    const batch = inbox.take()
    if (batch !== undefined) return Effect.succeed(batch)
    inbox.ask(slot)
    return inbox.end === undefined ? parked : Effect.fail(inbox.end)
  })
  const parked = Effect.flatMap(park(slot), () => next)
  return next
}

export const reader = <A>(inbox: Inbox<A>): Effect.Effect<Reader<A>, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(Effect.sync(() => inbox.open()), (slot) => Effect.sync(() => inbox.close(slot))),
    (slot) => ({ pull: pull(inbox, slot) })
  )

export const receive = <A>(inbox: Inbox<A>): Effect.Effect<A, End> =>
  Effect.acquireUseRelease(
    Effect.sync(() => inbox.open()),
    (slot) => {
      const parked = Effect.suspend(() => {
        inbox.ask(slot)
        return inbox.end === undefined ? Effect.flatMap(park(slot), () => one) : Effect.fail(inbox.end)
      })
      const one: Effect.Effect<A, End> = Effect.suspend(() => {
        const element = inbox.takeOne()
        return element === undefined ? parked : Effect.succeed(element)
      })
      return one
    },
    (slot) => Effect.sync(() => inbox.close(slot))
  )

const source = <A>(inbox: Inbox<A>, slot: Slot): Source<A, ConnectionError> & { readonly slot: Slot } => ({
  slot,
  take: () => inbox.take(),
  ask: () => {
    inbox.ask(slot)
    return inbox.end === undefined ? undefined : ending(inbox)
  },
  wait: park(slot)
})

export const stream = <A>(inbox: Inbox<A>): Stream.Stream<A, ConnectionError> =>
  streamOf(() => source(inbox, inbox.open()), ({ slot }) => inbox.close(slot))

/** The end as `run` and `messages` give it: the normal end is not a failure. */
export const ending = (inbox: { readonly end: End | undefined }): Exit.Exit<void, ConnectionError> =>
  inbox.end === undefined || inbox.end._tag === "EndOfMessages" ? Exit.void : Exit.fail(inbox.end)

export const run = <A, E = never, R = never>(
  inbox: Inbox<A>,
  handler: Handle<A, E, R>
): Effect.Effect<void, ConnectionError | E, R> => new Run<A, ConnectionError | E, R>(inbox, handler, ways)

/**
 * Runs an Effect of a connection without a fiber.
 *
 * @since 0.1.0
 * @category running
 */
export interface Runner<in E, in R> {
  /** Read once an Effect of the handler needs a fiber; perhaps never. */
  readonly runtime: Runtime.Runtime<R>
  /** Called once with the end, but not if it was stopped. */
  onDone(exit: Exit.Exit<void, E>): void
}

type Handle<A, E, R> = (element: A) => Effect.Effect<unknown, E, R> | void

interface Ways<A, E, R> {
  readonly ending: (inbox: Inbox<A>) => Exit.Exit<void, E>
  readonly pulling: (inbox: Inbox<A>, handler: Handle<A, E, R>) => Effect.Effect<void, E, R>
}

/** An Effect that a server can run without a fiber: most connections would need one for nothing else. */
export class Run<A, E, R> extends Effectable.Class<void, E, R> {
  constructor(
    private readonly inbox: Inbox<A>,
    private readonly handler: Handle<A, E, R>,
    private readonly ways: Ways<A, E, R>
  ) {
    super()
  }

  /** Calls the handler directly, unless another handler is. The returned Effect stops it. */
  start(runner: Runner<E, R>): Effect.Effect<void> | undefined {
    const { handler, inbox, ways } = this
    if (inbox.handler !== undefined) return undefined
    const driver = new Driver<A, E, R>(inbox, {
      get runtime() {
        return runner.runtime
      },
      onMessage: handler,
      onDone: (exit) => runner.onDone(Exit.isFailure(exit) ? exit : ways.ending(inbox))
    })
    driver.start()
    return driver.stop
  }

  /** Further ones pull, like any other reader. */
  commit(): Effect.Effect<void, E, R> {
    return Effect.flatMap(Effect.runtime<R>(), (runtime) =>
      // Looks and starts in one go: a fiber may yield between two Effects, and another one start meanwhile.
      Effect.async<void, E, R>((resume) => {
        const stop = this.start({ runtime, onDone: resume })
        if (stop === undefined) resume(this.ways.pulling(this.inbox, this.handler))
        return stop
      }))
  }
}

const pulling = <A, E, R>(inbox: Inbox<A>, handler: Handle<A, E, R>): Effect.Effect<void, ConnectionError | E, R> =>
  Stream.runForEach(stream(inbox), (element) => asEffect(handler(element) ?? Effect.void))

const ways = { ending, pulling }

/** Whether an Effect is a {@link Run}; the type of its elements is unknown. */
export const isRun = <E, R>(effect: Effect.Effect<unknown, E, R>): effect is Run<unknown, E, R> => effect instanceof Run
