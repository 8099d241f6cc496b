/**
 * Streams and Sinks that work by batches: what one read brought is one chunk, and waiting for it one Effect. In: where batches come
 * from, or go. It knows no connection.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

/** Where batches come from. */
export interface Source<A, E> {
  /** What is there, if anything is. */
  readonly take: () => NonEmptyReadonlyArray<A> | undefined
  /** Asks for more, where nothing was. The end, if nothing more will come. */
  readonly ask: () => Exit.Exit<void, E> | undefined
  /** Until there may be more. */
  readonly wait: Effect.Effect<void>
}

/** Opens a source for each run of the Stream, and tells it when nobody reads any more. */
export const streamOf = <S extends Source<A, E>, A, E>(
  open: () => S & Source<A, E>,
  close: (source: S) => void
): Stream.Stream<A, E> =>
  Stream.fromChannel(Channel.fromTransform((_, scope) =>
    Effect.suspend(() => {
      const source = open()
      const next: Pull.Pull<NonEmptyReadonlyArray<A>, E> = Effect.suspend(() => {
        const batch = source.take()
        if (batch !== undefined) return Effect.succeed(batch)
        const end = source.ask()
        if (end === undefined) return parked
        return Exit.isSuccess(end) ? Cause.done() : Effect.failCause(end.cause)
      })
      const parked: Pull.Pull<NonEmptyReadonlyArray<A>, E> = Effect.flatMap(source.wait, () => next)
      return Effect.as(Scope.addFinalizer(scope, Effect.sync(() => close(source))), next)
    })
  ))

/** Gives each batch away; what it still waits for, if it does, is an Effect. */
export const sinkOf = <A, E>(
  give: (batch: ReadonlyArray<A>) => Effect.Effect<void, E> | undefined
): Sink.Sink<void, A, never, E> =>
  Sink.fromTransform((upstream) =>
    Effect.flatMap(upstream, (batch) => give(batch) ?? Effect.void).pipe(
      Effect.forever({ disableYield: true }),
      Pull.catchDone(() => Effect.succeed([undefined] as const))
    )
  )
