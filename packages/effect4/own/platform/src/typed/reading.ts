/** Messages as values, one by one and as Streams: what cannot be read as an element, or as the end. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"

/** What cannot be decoded is in the error, which Effect 4 does only if told. */
export const decoder = <A, I, R>(
  schema: Schema.Codec<A, I, R, R>
): (message: unknown) => Effect.Effect<A, Schema.SchemaError, R> => Schema.decodeUnknownEffect(schema, { reportInput: true })

/** What cannot be encoded is in the error, which Effect 4 does only if told. */
export const encoder = <A, I, R>(
  schema: Schema.Codec<A, I, R, R>
): (value: A) => Effect.Effect<I, Schema.SchemaError, R> => Schema.encodeEffect(schema, { reportInput: true })

/** Each message decoded, in the batches in which they came. */
export const each = <M, A, E, R, E2, R2>(
  messages: Stream.Stream<M, E, R>,
  decode: (message: M) => Effect.Effect<A, E2, R2>
): Stream.Stream<Result.Result<A, E2>, E, R | R2> =>
  Stream.mapArrayEffect(
    messages,
    (batch) => Effect.map(Effect.forEach(batch, (message) => Effect.result(decode(message))), asBatch)
  )

/** What was read up to the first that cannot be, and that one as the end. */
export const upToFirst = <A, E, E2, R>(
  results: Stream.Stream<Result.Result<A, E>, E2, R>
): Stream.Stream<A, E | E2, R> => Stream.flattenTake(Stream.mapArray(results, takesOf))

type Batch<A> = readonly [A, ...Array<A>]

/** As many as there were, which was one at least. */
const asBatch = <A>(values: ReadonlyArray<A>): Batch<A> => values as unknown as Batch<A>

const takesOf = <A, E>(results: Batch<Result.Result<A, E>>): Batch<Take.Take<A, E>> => {
  const values: Array<A> = []
  for (const result of results) {
    if (Result.isFailure(result)) {
      const end = Exit.fail(result.failure)
      return values.length === 0 ? [end] : [asBatch(values), end]
    }
    values.push(result.success)
  }
  return [asBatch(values)]
}
