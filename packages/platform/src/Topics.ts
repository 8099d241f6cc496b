/**
 * Messages for many: connections subscribe to topics, and what is published to a topic goes to all of them. In: connections, names and
 * messages. Out: each message in the outbox of each subscriber, encoded once and deflated once for all that agreed on the same.
 *
 * Of one publisher and one topic, each subscriber sees the messages in the order in which they were published. A subscriber that does
 * not keep up delays nobody: what happens to its messages is a policy of its subscription (`WhenFull`). What is held for it is
 * its outbox (`limits.outboxSize`), and what its policy lets wait.
 *
 * It does not know what is said, nor who may subscribe: that is for your handler to decide, before it subscribes.
 *
 * @since 0.1.0
 */
import * as OptionTable from "@effect-ws/codec/Options"
import type { Connection } from "@effect-ws/connection/Connection"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type { Content, Outgoing } from "@effect-ws/connection/Message"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { BackplaneUnavailable } from "./Backplane.js"
import type { Publishing } from "./topics/Exchange.js"
import { asJson } from "./topics/Kept.js"
import type {
  Entry,
  InvalidTopic,
  Published,
  PublishOptions,
  SubscribeOptions,
  Subscription,
  TooManySubscriptions
} from "./topics/model.js"
import { problemOfPattern, problemOfTopic } from "./topics/names.js"
import { node } from "./topics/node.js"
import type { Told } from "./topics/Outlet.js"
import { prepared } from "./topics/payloads.js"
import { encoder } from "./typed/reading.js"
import { UnwritableMessage } from "./TypedConnection.js"

export {
  close,
  dropNewest,
  dropOldest,
  dropOldestOptions,
  type Dropped,
  type Entry,
  type From,
  InvalidTopic,
  type Key,
  type Published,
  type PublishOptions,
  type SubscribeOptions,
  type Subscription,
  TooManySubscriptions,
  type WhenFull
} from "./topics/model.js"

/**
 * A name of a topic is of 1 to 255 characters, in at most 16 parts with dots between them (`room.7.typing`); it has no spaces, and does
 * not begin with a dollar sign. One may subscribe to a pattern: `*` stands for one part, and `>` at the end for one or more.
 *
 * A connection that has subscribed to a topic in several ways (by name, and by patterns) gets each message once. Subscribing to the same
 * name again replaces its options.
 *
 * @since 0.1.0
 * @category services
 */
export class Topics extends Context.Tag("@effect-ws/platform/Topics")<Topics, {
  /** Until the scope closes, or the connection ends. For handlers of `serve`. */
  readonly subscribe: (
    connection: Connection,
    topics: string | Iterable<string>,
    options?: SubscribeOptions
  ) => Effect.Effect<Subscription, InvalidTopic | TooManySubscriptions, Scope.Scope>
  /** Until it is ended, or the connection ends; without a fiber or a scope. For the hooks of `serveMessages`. */
  readonly subscribeNow: (
    connection: Connection,
    topics: string | Iterable<string>,
    options?: SubscribeOptions
  ) => Either.Either<Subscription, InvalidTopic | TooManySubscriptions>
  /** Ends the connection's subscriptions to these names, or to all. Another subscription that it has to the same topic stays. */
  readonly unsubscribe: (connection: Connection, topics?: string | Iterable<string>) => void
  /**
   * Sends a message to all who have subscribed to the topic, and waits for none of them. Bytes belong to the message from then on: do not
   * change them. With a backplane it waits until that has taken the message for the other nodes, or fails; those of this node have it
   * any way, unless the topic is kept.
   */
  readonly publish: (
    topic: string,
    message: Outgoing,
    options?: PublishOptions
  ) => Effect.Effect<Published, InvalidTopic | BackplaneUnavailable>
  /**
   * As `publish`, at once: it does not wait for the backplane, whose failure is logged if it comes later. For the hooks and handlers of
   * `serveMessages`.
   */
  readonly publishNow: (
    topic: string,
    message: Outgoing,
    options?: PublishOptions
  ) => Either.Either<Published, InvalidTopic | BackplaneUnavailable>
  /** How many connections of this node get what is published to the topic. */
  readonly subscribers: (topic: string) => number
}>() {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Names that one connection may subscribe to: where clients choose them, this bounds their memory. 1 to 2^31 - 1. Default 1,000.
   */
  readonly maxSubscriptions?: number | undefined
  /** Which topics are kept, so that those who come back get what they missed. Default none. */
  readonly keep?: KeepOptions | undefined
  /**
   * What publishing to other nodes does while the backplane cannot be reached: it fails, or waits. Default "wait".
   */
  readonly whileAway?: "wait" | "fail" | undefined
  /** For how long it waits, and for how long for an answer of the backplane. Default 5 seconds. */
  readonly waitFor?: Duration.DurationInput | undefined
  /** Bytes that wait at most, for the backplane or for its answer, together; beyond that it fails. Default 16 MiB. */
  readonly waitingSize?: number | undefined
}

/**
 * Topics that are kept: in memory without a backplane (64 MiB of all together), and else in its log.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeepOptions {
  /** Topics and patterns. */
  readonly topics: ReadonlyArray<string>
  /** Messages of each topic, at least as the backplane counts: 1 to 2^31 - 1. Default 1,000. */
  readonly last?: number | undefined
  /** For how long. Default: for as long as there are no more than `last`. */
  readonly for?: Duration.DurationInput | undefined
  /**
   * A message as clients get it, with its id. Default: text of JSON, as {@link KeptMessage} reads it. It is called once for all who get
   * it at the same time.
   */
  readonly frame?: ((entry: Entry) => Content) | undefined
  /** What tells a client that messages that it asked for are gone. Default: JSON, too. */
  readonly gone?: ((topic: string) => Content) | undefined
}

/**
 * What a client gets of topics that are kept, unless {@link KeepOptions} say otherwise: a text, or bytes in base64, with the id to come
 * back with; or that messages are gone which it asked for.
 *
 * @since 0.1.0
 * @category schemas
 */
export const KeptMessage = Schema.parseJson(Schema.Union(
  Schema.Struct({ topic: Schema.String, id: Schema.String, message: Schema.String }),
  Schema.Struct({ topic: Schema.String, id: Schema.String, bytes: Schema.String }),
  Schema.Struct({ topic: Schema.String, gone: Schema.Boolean })
))

/**
 * What the options may be.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly maxSubscriptions: number
  readonly whileAway: "wait" | "fail"
  readonly waitFor: Duration.Duration
  readonly waitingSize: number
}> = {
  maxSubscriptions: OptionTable.integer({
    least: 1,
    most: OptionTable.largestSize,
    unit: "subscriptions",
    default: 1000
  }),
  whileAway: OptionTable.oneOf(["wait", "fail"], { default: "wait" }),
  waitFor: InvalidOption.duration({ default: "5 seconds" }),
  waitingSize: OptionTable.integer({ least: 0, most: OptionTable.largestSize, unit: "bytes", default: 16_777_216 })
}

/**
 * What the options of `keep` may be.
 *
 * @since 0.1.0
 * @category options
 */
export const keepOptions: OptionTable.Table<{
  readonly topics: ReadonlyArray<string>
  readonly last: number
  readonly for: Duration.Duration | undefined
}> = {
  topics: OptionTable.required(OptionTable.list<never>({
    range: "a list of topics and patterns",
    judge: (name) => problemOfPattern(name, true)?.message,
    default: []
  })),
  last: OptionTable.integer({ least: 1, most: OptionTable.largestSize, unit: "messages", default: 1000 }),
  for: InvalidOption.optionalDuration({ least: 1 })
}

/**
 * The topics of this process, until the scope closes: subscriptions end then, connections do not. With a `Backplane` in the context, what
 * is published here reaches the other nodes of it, too. Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (given: Options = {}): Effect.Effect<Topics["Type"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const { exchange, hub } = yield* node({
      ...InvalidOption.read(options, given),
      keep: given.keep && {
        ...InvalidOption.read(keepOptions, given.keep, "keep."),
        frame: given.keep.frame ?? asJson.frame,
        gone: given.keep.gone ?? asJson.gone
      }
    })
    const publishing = (topic: string, message: Outgoing, options: PublishOptions = {}) => {
      const problem = problemOfTopic(topic)
      return problem === undefined
        ? Either.right(exchange.publish(topic, prepared(message), options))
        : Either.left(problem)
    }
    const publishNow: Topics["Type"]["publishNow"] = (topic, message, options) =>
      Either.flatMap(publishing(topic, message, options), (publishing) => {
        let told: Told<string | undefined> | undefined = undefined
        let isLate = false
        publishing.others?.((result) => {
          told = result
          if (isLate && Either.isLeft(result)) exchange.onTrouble(result.left.why)
        })
        isLate = true
        return published(publishing, told)
      })
    const subscribeNow: Topics["Type"]["subscribeNow"] = (connection, topics, options = {}) =>
      hub.subscribe(connection, topics, options)
    return {
      subscribe: (connection, topics, options) =>
        Effect.acquireRelease(
          Effect.suspend(() => asEffect(subscribeNow(connection, topics, options))),
          (subscription) => Effect.sync(() => subscription.end())
        ),
      subscribeNow,
      unsubscribe: (connection, topics) =>
        hub.unsubscribe(connection, typeof topics === "string" ? [topics] : topics && [...topics]),
      publish: (topic, message, options) =>
        Effect.flatMap(Effect.suspend(() => asEffect(publishing(topic, message, options))), (publishing) =>
          Effect.async((resume) => {
            if (publishing.others === undefined) {
              resume(asEffect(published(publishing, undefined)))
            } else {publishing.others((told) =>
                resume(asEffect(published(publishing, told)))
              )}
          })),
      publishNow,
      subscribers: (topic) => hub.registry.find(topic)?.size ?? 0
    }
  })

/** What is known of it by now. */
const published = (
  { here, others }: Publishing,
  told: Told<string | undefined> | undefined
): Either.Either<Published, BackplaneUnavailable> => {
  if (others === undefined) return Either.right({ ...here, backplane: "none", id: undefined })
  if (told === undefined) return Either.right({ ...here, backplane: "pending", id: undefined })
  return Either.map(told, (id) => ({ ...here, backplane: "sent", id }))
}

const asEffect = <A, E>(either: Either.Either<A, E>): Effect.Effect<A, E> =>
  Either.isLeft(either) ? Effect.fail(either.left) : Effect.succeed(either.right)

/**
 * @example
 * import * as Topics from "@effect-ws/platform/Topics"
 * import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * // Whatever one says in a room, all others of the room are told
 * const rooms = WebSocketServer.layer({
 *   handler: (connection) =>
 *     Effect.gen(function*() {
 *       const topics = yield* Topics.Topics
 *       const room = connection.opening.target === "/blue" ? "room.blue" : "room.red"
 *       yield* topics.subscribe(connection, room)
 *       yield* connection.run((message) => void topics.publishNow(room, message, { except: connection }))
 *     })
 * }).pipe(Layer.provide(Topics.layer()))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Topics> => Layer.scoped(Topics, make(options))

/**
 * Topics whose messages are values, by a Schema whose encoded side is text (`Schema.parseJson`) or bytes (`MsgPack.schema` of
 * `@effect/platform`). `R` is what the schema needs.
 *
 * @since 0.1.0
 * @category typed
 */
export interface TypedTopics<in A, out R = never> {
  readonly publish: (
    topic: string,
    value: A,
    options?: PublishOptions
  ) => Effect.Effect<Published, InvalidTopic | BackplaneUnavailable | UnwritableMessage, R>
}

/**
 * A typed view of topics: a value is encoded once for all who get it. Where values of one kind have topics of their own, make one for
 * each kind.
 *
 * @example
 * import * as Topics from "@effect-ws/platform/Topics"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const Price = Schema.parseJson(Schema.Struct({ symbol: Schema.String, price: Schema.Number }))
 *
 * const program = Effect.gen(function*() {
 *   const prices = Topics.typed(yield* Topics.Topics, Price)
 *   yield* prices.publish("price.EUR", { symbol: "EUR", price: 1.09 })
 * })
 *
 * @since 0.1.0
 * @category typed
 */
export const typed = <A, I extends Content, R>(
  topics: Topics["Type"],
  schema: Schema.Schema<A, I, R>
): TypedTopics<A, R> => {
  const encode = encoder(schema)
  return {
    publish: (topic, value, options) =>
      Effect.flatMap(
        Effect.mapError(encode(value), (error) => new UnwritableMessage({ error })),
        (content) => topics.publish(topic, content, options)
      )
  }
}
