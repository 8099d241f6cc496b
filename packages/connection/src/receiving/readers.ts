/**
 * The ways to read an inbox: one element, batches, a Stream, a handler. Each is thin: no Effect for an element where a batch
 * can do, and no canceler for each wait (a slot is cleared once, by whoever opened it).
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ConnectionError, End, EndOfMessages } from "../ConnectionError.js"
import { asEffect } from "../internal/asEffect.js"
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

type Out<A> = Channel.Channel<Chunk.Chunk<A>, unknown, ConnectionError, unknown, void, unknown>

/** A Channel by hand: each batch is one chunk, and waiting for it one `Effect.async`. */
export const stream = <A>(inbox: Inbox<A>): Stream.Stream<A, ConnectionError> =>
  Stream.fromChannel(Channel.suspend((): Out<A> => {
    const slot = inbox.open()
    const wait = Channel.fromEffect(park(slot))
    const next: Out<A> = Channel.suspend((): Out<A> => {
      const batch = inbox.take()
      if (batch !== undefined) return Channel.flatMap(Channel.write(Chunk.unsafeFromArray(batch)), () => next)
      inbox.ask(slot)
      if (inbox.end === undefined) return parked
      return inbox.end._tag === "EndOfMessages" ? Channel.void : Channel.fail(inbox.end)
    })
    const parked: Out<A> = Channel.flatMap(wait, () => next)
    return Channel.ensuring(next, Effect.sync(() => inbox.close(slot)))
  }))

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
