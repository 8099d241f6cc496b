/** Messages as values, one by one and as Streams: what cannot be read as an element, or as the end. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"

/** What cannot be decoded is in the error. */
export const decoder = <A, I, R>(
  schema: Schema.Schema<A, I, R>
): (message: unknown) => Effect.Effect<A, ParseResult.ParseError, R> => Schema.decodeUnknown(schema)

/** What cannot be encoded is in the error. */
export const encoder = <A, I, R>(
  schema: Schema.Schema<A, I, R>
): (value: A) => Effect.Effect<I, ParseResult.ParseError, R> => Schema.encode(schema)

/** Each message decoded, in the batches in which they came. */
export const each = <M, A, E, R, E2, R2>(
  messages: Stream.Stream<M, E, R>,
  decode: (message: M) => Effect.Effect<A, E2, R2>
): Stream.Stream<Either.Either<A, E2>, E, R | R2> =>
  Stream.mapChunksEffect(
    messages,
    (chunk) => Effect.map(Effect.forEach(chunk, (message) => Effect.either(decode(message))), Chunk.unsafeFromArray)
  )

/** What was read up to the first that cannot be, and that one as the end. */
export const upToFirst = <A, E, E2, R>(
  results: Stream.Stream<Either.Either<A, E>, E2, R>
): Stream.Stream<A, E | E2, R> => Stream.flattenTake(Stream.mapChunks(results, takesOf))

const takesOf = <A, E>(results: Chunk.Chunk<Either.Either<A, E>>): Chunk.Chunk<Take.Take<A, E>> => {
  const values: Array<A> = []
  for (const result of results) {
    if (Either.isLeft(result)) return Chunk.make(Take.chunk(Chunk.unsafeFromArray(values)), Take.fail(result.left))
    values.push(result.right)
  }
  return Chunk.of(Take.chunk(Chunk.unsafeFromArray(values)))
}
