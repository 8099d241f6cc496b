/**
 * The ways to read an inbox: one element, batches, a Stream, a handler. Each is thin: no Effect for an element where a batch
 * can do, and no canceler for each wait (a slot is cleared once, by whoever opened it).
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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

/** Until the inbox wakes whoever is at `slot`. */
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

/** The end as `run` and `messages` give it: the normal one is no failure. */
export const ending = (inbox: { readonly end: End | undefined }): Exit.Exit<void, ConnectionError> =>
  inbox.end === undefined || inbox.end._tag === "EndOfMessages" ? Exit.void : Exit.fail(inbox.end)

export const run = <A, E = never, R = never>(
  inbox: Inbox<A>,
  handler: (element: A) => Effect.Effect<unknown, E, R> | void
): Effect.Effect<void, ConnectionError | E, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) =>
    Effect.suspend(() => {
      // One handler is called directly. Further ones pull, like any other reader.
      if (inbox.handler !== undefined) return runByPulling(inbox, handler)
      return Effect.async<void, ConnectionError | E>((resume) => {
        const driver = new Driver(inbox, runtime, {
          onMessage: handler,
          onDone: (exit) => resume(Exit.isFailure(exit) ? Effect.failCause(exit.cause) : ending(inbox))
        })
        driver.start()
        return driver.stop
      })
    }))

const runByPulling = <A, E, R>(
  inbox: Inbox<A>,
  handler: (element: A) => Effect.Effect<unknown, E, R> | void
): Effect.Effect<void, ConnectionError | E, R> =>
  Stream.runForEach(stream(inbox), (element) => asEffect(handler(element) ?? Effect.void))
