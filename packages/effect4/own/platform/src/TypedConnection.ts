/**
 * A connection whose messages are values, by a Schema for what comes in and one for what goes out. In: a connection and two
 * schemas whose encoded side is a message: text (`Schema.fromJsonString`) or octets (`Msgpack.schema` of Effect). Out: the
 * same connection, with typed ways to read and send.
 *
 * What cannot be read is a typed error for whoever reads, and by choice closes the connection. It knows no format: that is the
 * schemas' business.
 *
 * @since 0.1.0
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as OptionTable from "@effect-ws/codec/Options"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { ConnectionClosed, ConnectionError, EndOfMessages } from "@effect-ws/connection/ConnectionError"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type { Content, Message } from "@effect-ws/connection/Message"
import * as Data from "effect/Data"
import * as Exit from "effect/Exit"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"
import { excerpt } from "./logging/boundedCause.js"

/**
 * A message came that the schema does not allow, or that is not of its kind (text, binary). It was taken. `message` tells what was
 * expected, where, and how large the message was, but nothing of what it said: a peer may write anything, of any size. That is
 * {@link UnreadableMessage.explain}'s.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnreadableMessage extends Data.TaggedError("UnreadableMessage")<{
  readonly kind: "text" | "binary"
  /** Bytes. */
  readonly size: number
  /** What the schema allows. */
  readonly expected: string
  /** Where in the value it is not so: `["answers"][3]`, and empty for the message itself. */
  readonly at: string
}> {
  /** Not a field: whoever shows the error would show what was received. */
  readonly #error: Schema.SchemaError

  constructor(error: Schema.SchemaError, received: Message) {
    const [expected, at] = expectation(error.issue)
    super({
      kind: typeof received === "string" ? "text" : "binary",
      size: typeof received === "string" ? Primitives.plain.utf8Length(received) : received.length,
      expected: excerpt(expected),
      at: excerpt(at)
    })
    this.#error = error
  }

  override get message(): string {
    const { at, expected, kind, size } = this
    return `a message cannot be read: Expected ${expected}${at === "" ? "" : ` at ${at}`} (${kind}, ${size} bytes)`
  }

  /** What the schema found. It holds what was received. */
  get error(): Schema.SchemaError {
    return this.#error
  }

  /** What the schema says, which quotes what was received; cut to so many characters, 1,000 unless given, and escaped. */
  explain(characters: number = 1000): string {
    return excerpt(this.#error.message, characters)
  }
}

/** What is allowed where the first thing is wrong, and the way there. */
const expectation = (issue: SchemaIssue.Issue): readonly [expected: string, at: string] => {
  switch (issue._tag) {
    case "Pointer": {
      const [expected, at] = expectation(issue.issue)
      return [expected, `${issue.path.map((key) => `[${shownKey(key)}]`).join("")}${at}`]
    }
    case "Filter":
      return issue.issue._tag === "InvalidValue" ? [expectedOf(issue.issue), ""] : expectation(issue.issue)
    case "Encoding":
      return expectation(issue.issue)
    case "Composite":
      return expectation(issue.issues[0])
    case "AnyOf": {
      const [first] = issue.issues
      return first === undefined ? [expectedOf(issue), ""] : expectation(first)
    }
    case "InvalidType":
    case "InvalidValue":
    case "MissingKey":
    case "Forbidden":
    case "OneOf":
      return [expectedOf(issue), ""]
    case "UnexpectedKey":
      return ["nothing more", ""]
  }
}

/** What Effect says of an issue, without what was received. */
const expectedOf = (issue: SchemaIssue.Issue): string =>
  /^Expected (.*?)(?:, got [\s\S]*)?$/.exec(SchemaIssue.makeFormatterDefault()(issue))?.[1] ?? "another value"

/** A key may be the peer's. */
const shownKey = (key: PropertyKey): string => typeof key === "string" ? JSON.stringify(excerpt(key, 50)) : String(key)

/**
 * A value to send that the schema does not allow. Nothing was written. `message` quotes the value, and is cut.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnwritableMessage extends Data.TaggedError("UnwritableMessage")<{
  readonly error: Schema.SchemaError
}> {
  override get message(): string {
    return `a value cannot be sent: ${excerpt(this.error.message, 1000)}`
  }
}

/**
 * A connection with typed messages. `R` is what the schemas need.
 *
 * @since 0.1.0
 * @category models
 */
export interface TypedConnection<out In, in Out, out R = never> {
  /** The connection itself: closing, pings, and messages as they are. Whoever reads from it takes them away from here. */
  readonly connection: Connection
  /** The next message; after one that cannot be read, the one behind it. */
  readonly receive: Effect.Effect<In, EndOfMessages | ConnectionError | UnreadableMessage, R>
  /** As of a connection; fails at the first message that cannot be read, and what had come behind it by then is lost. */
  readonly messages: Stream.Stream<In, ConnectionError | UnreadableMessage, R>
  /** As {@link messages}, for those who go on: what cannot be read is an element like any other. */
  readonly results: Stream.Stream<Result.Result<In, UnreadableMessage>, ConnectionError, R>
  /** As of a connection; fails at the first message that cannot be read, behind those before it. */
  readonly run: <E = never, R2 = never>(
    handler: (message: In) => Effect.Effect<unknown, E, R2> | void
  ) => Effect.Effect<void, ConnectionError | UnreadableMessage | E, R | R2>
  readonly send: (message: Out) => Effect.Effect<void, ConnectionClosed | UnwritableMessage, R>
  readonly sink: Sink.Sink<void, Out, never, ConnectionClosed | UnwritableMessage, R>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<In, I extends Content, Out, O extends Content, R, R2> {
  /** Of text (`string`) or of octets (`Uint8Array`): a message of the other kind cannot be read. */
  readonly incoming: Schema.Codec<In, I, R, R>
  readonly outgoing: Schema.Codec<Out, O, R2, R2>
  /**
   * What to close with when a message cannot be read: 1003 (this kind of data is not accepted), 1007 (it is not what it claims to
   * be) or 1008 (it breaks a policy). Default: it is not closed, and the reader decides.
   */
  readonly closeOnUnreadable?: 1003 | 1007 | 1008 | undefined
}

/**
 * What {@link Options.closeOnUnreadable} may be.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{ readonly closeOnUnreadable: 1003 | 1007 | 1008 | undefined }> = {
  closeOnUnreadable: OptionTable.oneOf([1003, 1007, 1008], { default: undefined })
}

/**
 * A typed view of a connection. Throws an `InvalidOption`.
 *
 * @example
 * import * as Msgpack from "effect/encoding/Msgpack"
 * import { asEffect, type Connection } from "@effect-ws/connection/Connection"
 * import * as TypedConnection from "@effect-ws/platform/TypedConnection"
 *
 * const Point = Schema.Struct({ x: Schema.Number, y: Schema.Number })
 *
 * // JSON text in, msgpack binary out
 * const typed = (connection: Connection) =>
 *   TypedConnection.make(connection, { incoming: Schema.fromJsonString(Point), outgoing: Msgpack.schema(Point) })
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <In, I extends Content, Out, O extends Content, R, R2>(
  connection: Connection,
  given: Options<In, I, Out, O, R, R2>
): TypedConnection<In, Out, R | R2> => {
  const { incoming, outgoing } = given
  const { closeOnUnreadable } = InvalidOption.read(options, given)
  const parse = Schema.decodeUnknownEffect(incoming)
  const encode = Schema.encodeEffect(outgoing)
  /** Starts closing. Nobody waits for that: the error is on its way. */
  const reject = closeOnUnreadable === undefined
    ? Effect.void
    : Effect.sync(() => Hosting.closeFitting(connection, CloseStatus.make(closeOnUnreadable, unreadable)))
  const decode = (message: Message): Effect.Effect<In, UnreadableMessage, R> =>
    Effect.catch(parse(message), (error) => Effect.andThen(reject, new UnreadableMessage(error, message)))
  const results = Stream.mapArrayEffect(
    connection.messages,
    (batch) => Effect.map(Effect.forEach(batch, (message) => Effect.result(decode(message))), asBatch)
  )
  const send = (message: Out): Effect.Effect<void, ConnectionClosed | UnwritableMessage, R2> =>
    Effect.flatMap(Effect.mapError(encode(message), (error) => new UnwritableMessage({ error })), connection.send)
  return {
    connection,
    receive: Effect.flatMap(connection.receive, decode),
    messages: Stream.flattenTake(Stream.mapArray(results, takesOf)),
    results,
    run: (handler) =>
      connection.run((message) => Effect.flatMap(decode(message), (value) => Hosting.asEffect(handler(value) ?? Effect.void))),
    send,
    sink: Sink.forEach(send)
  }
}

const unreadable = "a message cannot be read"

type Batch<A> = readonly [A, ...Array<A>]

/** As many as there were, which was one at least. */
const asBatch = <A>(values: ReadonlyArray<A>): Batch<A> => values as unknown as Batch<A>

/** What can be read up to the first that cannot, and that one as the end. */
const takesOf = <In>(results: Batch<Result.Result<In, UnreadableMessage>>): Batch<Take.Take<In, UnreadableMessage>> => {
  const values: Array<In> = []
  for (const result of results) {
    if (Result.isFailure(result)) {
      const end = Exit.fail(result.failure)
      return values.length === 0 ? [end] : [asBatch(values), end]
    }
    values.push(result.success)
  }
  return [asBatch(values)]
}
