/**
 * Streams and Sinks that work by batches: what one read brought is one chunk, and waiting for it one Effect. In: where batches come
 * from, or go. It knows no connection.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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

type Out<A, E> = Channel.Channel<Chunk.Chunk<A>, unknown, E, unknown, void, unknown>

/** Opens a source for each run of the Stream, and tells it when nobody reads any more. */
export const streamOf = <S extends Source<A, E>, A, E>(
  open: () => S & Source<A, E>,
  close: (source: S) => void
): Stream.Stream<A, E> =>
  Stream.fromChannel(Channel.suspend((): Out<A, E> => {
    const source = open()
    const next: Out<A, E> = Channel.suspend((): Out<A, E> => {
      const batch = source.take()
      if (batch !== undefined) return Channel.flatMap(Channel.write(Chunk.unsafeFromArray(batch)), () => next)
      const end = source.ask()
      if (end === undefined) return parked
      return Exit.isSuccess(end) ? Channel.void : Channel.failCause(end.cause)
    })
    const parked: Out<A, E> = Channel.flatMap(Channel.fromEffect(source.wait), () => next)
    return Channel.ensuring(next, Effect.sync(() => close(source)))
  }))

type In<A, E> = Channel.Channel<Chunk.Chunk<never>, Chunk.Chunk<A>, E, never, void, unknown>

/** Gives each batch away; what it still waits for, if it does, is an Effect. */
export const sinkOf = <A, E>(
  give: (batch: ReadonlyArray<A>) => Effect.Effect<void, E> | undefined
): Sink.Sink<void, A, never, E> => {
  const read: In<A, E> = Channel.readWithCause({
    onInput: (chunk: Chunk.Chunk<A>) => {
      const rest = give(Chunk.toReadonlyArray(chunk))
      return rest === undefined ? read : Channel.flatMap(Channel.fromEffect(rest), () => read)
    },
    onFailure: (cause) => Channel.failCause(cause),
    onDone: () => Channel.void
  })
  return Sink.fromChannel(read)
}
