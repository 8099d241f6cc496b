/**
 * A connection whose messages are values, by one Schema for incoming and one for outgoing messages. In: a connection and two
 * schemas whose encoded side is a message: text (`Schema.parseJson`) or bytes (`MsgPack.schema` of `@effect/platform`). Out: the
 * same connection, with typed ways to read and send.
 *
 * A message that cannot be read is a typed error for the reader, and closes the connection if you choose. The format is up to the
 * schemas.
 *
 * @since 0.1.0
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as OptionTable from "@effect-ws/codec/Options"
import * as Primitives from "@effect-ws/codec/Primitives"
import { type Connection } from "@effect-ws/connection/Connection"
import type { ConnectionClosed, ConnectionError, EndOfMessages } from "@effect-ws/connection/ConnectionError"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import { type Content, type Message, type Outgoing, PreparedMessage } from "@effect-ws/connection/Message"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { excerpt } from "./logging/boundedCause.js"
import { expectation } from "./typed/expectation.js"
import { decoder, each, encoder, upToFirst } from "./typed/reading.js"

/**
 * A message arrived that the schema does not allow, or that is of the wrong kind (text, binary). It was taken from the connection.
 * `message` says what was expected, where, and how large the message was, but quotes nothing of it: a peer may write anything, of
 * any size. {@link UnreadableMessage.explain} quotes.
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
  /** Where the value differs: `["answers"][3]`, or empty for the message itself. */
  readonly at: string
}> {
  /** Not a field: whoever shows the error would show what was received. */
  readonly #error: ParseResult.ParseError

  constructor(error: ParseResult.ParseError, received: Message) {
    const [expected, at] = expectation(error.issue)
    super({
      kind: typeof received === "string" ? "text" : "binary",
      size: typeof received === "string" ? Primitives.utf8.utf8Length(received) : received.length,
      expected: excerpt(expected),
      at: excerpt(at)
    })
    this.#error = error
  }

  override get message(): string {
    const { at, expected, kind, size } = this
    return `a message cannot be read: Expected ${expected}${at === "" ? "" : ` at ${at}`} (${kind}, ${size} bytes)`
  }

  /** The schema's error. It holds what was received. */
  get error(): ParseResult.ParseError {
    return this.#error
  }

  /** The schema's own explanation, which quotes what was received; escaped, and cut to `characters` (default 1,000). */
  explain(characters: number = 1000): string {
    return excerpt(this.#error.message, characters)
  }
}

/**
 * The schema does not allow a value to be sent. Nothing was written. `message` quotes the value, and is cut.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnwritableMessage extends Data.TaggedError("UnwritableMessage")<{
  readonly error: ParseResult.ParseError
}> {
  override get message(): string {
    return `a value cannot be sent: ${excerpt(this.error.message, 1000)}`
  }
}

/**
 * Anything that sends and receives whole messages: a connection, on this host or on a page, or one that reconnects (`Reconnecting`).
 * The three errors are those of `receive`, of `messages` and of sending.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source<out ReceiveError, out MessagesError, out SendError> {
  readonly receive: Effect.Effect<Message, ReceiveError>
  readonly messages: Stream.Stream<Message, MessagesError>
  readonly send: (message: Outgoing) => Effect.Effect<void, SendError>
}

/**
 * Typed messages of a {@link Source}. `R` is what the schemas need.
 *
 * @since 0.1.0
 * @category models
 */
export interface Typed<out In, in Out, out R, out ReceiveError, out MessagesError, out SendError> {
  /** The next message. If it cannot be read, this fails, and the next call goes on with the message behind it. */
  readonly receive: Effect.Effect<In, ReceiveError | UnreadableMessage, R>
  /** All messages. Fails at the first that cannot be read; what has arrived behind it by then is lost. */
  readonly messages: Stream.Stream<In, MessagesError | UnreadableMessage, R>
  /** All messages, as {@link messages}, but a message that cannot be read is an element like any other. */
  readonly results: Stream.Stream<Either.Either<In, UnreadableMessage>, MessagesError, R>
  /** Calls the handler for each message, one after the other. Fails at the first message that cannot be read, after those before. */
  readonly run: <E = never, R2 = never>(
    handler: (message: In) => Effect.Effect<unknown, E, R2> | void
  ) => Effect.Effect<void, MessagesError | UnreadableMessage | E, R | R2>
  readonly send: (message: Out) => Effect.Effect<void, SendError | UnwritableMessage, R>
  readonly sink: Sink.Sink<void, Out, never, SendError | UnwritableMessage, R>
  /** Encodes a value once, to send it to many: `connection.trySend` and every other way to send takes the result. */
  readonly prepare: (
    message: Out,
    options?: { readonly compression?: false | undefined }
  ) => Effect.Effect<PreparedMessage, UnwritableMessage, R>
}

/**
 * A connection with typed messages. `R` is what the schemas need.
 *
 * @since 0.1.0
 * @category models
 */
export interface TypedConnection<out In, in Out, out R = never>
  extends Typed<In, Out, R, EndOfMessages | ConnectionError, ConnectionError, ConnectionClosed>
{
  /** The connection itself: closing, pings, and raw messages. What is read from it is missing here. */
  readonly connection: Connection
  /** Accepts the message now or not at all, as a connection's `trySend`. Waits only if the schema waits. */
  readonly trySend: (message: Out) => Effect.Effect<"accepted" | "full" | "closed", UnwritableMessage, R>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<In, I extends Content, Out, O extends Content, R, R2> {
  /** Encoded as text (`string`) or bytes (`Uint8Array`): a message of the other kind cannot be read. */
  readonly incoming: Schema.Schema<In, I, R>
  readonly outgoing: Schema.Schema<Out, O, R2>
  /**
   * The Close code for a message that cannot be read: 1003 (this kind of data is not accepted), 1007 (it is not what it claims to
   * be) or 1008 (it breaks a policy). A page sends 4003, 4007 or 4008 instead, as browsers forbid these. Default: the connection
   * stays open, and the reader decides.
   */
  readonly closeOnUnreadable?: 1003 | 1007 | 1008 | undefined
}

/**
 * The values that {@link Options.closeOnUnreadable} may have.
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
 * import * as MsgPack from "@effect/platform/MsgPack"
 * import type { Connection } from "@effect-ws/connection/Connection"
 * import * as TypedConnection from "@effect-ws/platform/TypedConnection"
 * import * as Schema from "effect/Schema"
 *
 * const Point = Schema.Struct({ x: Schema.Number, y: Schema.Number })
 *
 * // JSON text in, msgpack binary out
 * const typed = (connection: Connection) =>
 *   TypedConnection.make(connection, { incoming: Schema.parseJson(Point), outgoing: MsgPack.schema(Point) })
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <In, I extends Content, Out, O extends Content, R, R2>(
  connection: Connection,
  given: Options<In, I, Out, O, R, R2>
): TypedConnection<In, Out, R | R2> => {
  const { closeOnUnreadable } = InvalidOption.read(options, given)
  /** Starts closing. Nobody waits for that: the error is on its way. */
  const reject = closeOnUnreadable === undefined
    ? Effect.void
    : Effect.sync(() => Hosting.closeFitting(connection, CloseStatus.make(closeOnUnreadable, unreadable)))
  const decode = decoding(given.incoming, reject)
  const encode = encoding(given.outgoing)
  return {
    ...typedBy(connection, decode, encode),
    connection,
    run: (handler) =>
      connection.run((message) =>
        Effect.flatMap(decode(message), (value) => Hosting.asEffect(handler(value) ?? Effect.void))
      ),
    trySend: (message) => Effect.map(encode(message), connection.trySend)
  }
}

/**
 * A typed view of a {@link Source} that is not a connection itself: one that reconnects, for instance. A message that cannot be read
 * closes nothing: the reader decides.
 *
 * @example
 * import * as Reconnecting from "@effect-ws/platform/Reconnecting"
 * import * as TypedConnection from "@effect-ws/platform/TypedConnection"
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const Said = Schema.parseJson(Schema.Struct({ name: Schema.String, text: Schema.String }))
 *
 * const program = Effect.gen(function*() {
 *   const connection = yield* Reconnecting.make(WebSocketClient.connect("wss://a.example/chat"))
 *   const room = TypedConnection.over(connection, { incoming: Said, outgoing: Said })
 *   yield* room.send({ name: "ann", text: "hello" })
 *   yield* room.run(({ name, text }) => Effect.log(`${name}: ${text}`))
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const over = <RE, ME, SE, In, I extends Content, Out, O extends Content, R, R2>(
  source: Source<RE, ME, SE>,
  { incoming, outgoing }: Pick<Options<In, I, Out, O, R, R2>, "incoming" | "outgoing">
): Typed<In, Out, R | R2, RE, ME, SE> => typedBy(source, decoding(incoming, Effect.void), encoding(outgoing))

const decoding = <In, I extends Content, R>(schema: Schema.Schema<In, I, R>, reject: Effect.Effect<void>) => {
  const parse = decoder(schema)
  return (message: Message): Effect.Effect<In, UnreadableMessage, R> =>
    Effect.catchAll(parse(message), (error) => Effect.zipRight(reject, new UnreadableMessage(error, message)))
}

const encoding = <Out, O extends Content, R>(schema: Schema.Schema<Out, O, R>) => {
  const encode = encoder(schema)
  return (message: Out): Effect.Effect<O, UnwritableMessage, R> =>
    Effect.mapError(encode(message), (error) => new UnwritableMessage({ error }))
}

const typedBy = <RE, ME, SE, In, Out, R, R2>(
  source: Source<RE, ME, SE>,
  decode: (message: Message) => Effect.Effect<In, UnreadableMessage, R>,
  encode: (message: Out) => Effect.Effect<Content, UnwritableMessage, R2>
): Typed<In, Out, R | R2, RE, ME, SE> => {
  const results = each(source.messages, decode)
  const messages = upToFirst(results)
  const send = (message: Out): Effect.Effect<void, SE | UnwritableMessage, R2> =>
    Effect.flatMap(encode(message), source.send)
  return {
    receive: Effect.flatMap(source.receive, decode),
    messages,
    results,
    run: (handler) => Stream.runForEach(messages, (value) => Hosting.asEffect(handler(value) ?? Effect.void)),
    send,
    sink: Sink.forEach(send),
    prepare: (message, options) => Effect.map(encode(message), (content) => new PreparedMessage(content, options))
  }
}

const unreadable = "a message cannot be read"
