/**
 * Messages for many: connections subscribe to topics, and each message published to a topic goes to all its subscribers. In:
 * connections, names and messages. Out: each message in the outbox of each subscriber, encoded once, and deflated once for all that
 * agreed on the same compression.
 *
 * Each subscriber sees the messages of one publisher on one topic in the order in which they were published. A slow subscriber delays
 * no other: the policy of its subscription (`WhenFull`) decides on its messages. At most its outbox (`limits.outboxSize`), and what
 * the policy lets wait, is held for it.
 *
 * It knows neither what messages say nor who may subscribe: your handler decides that, before it subscribes.
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
 * The name of a topic has 1 to 255 characters, in at most 16 parts separated by dots (`room.7.typing`), without spaces and not
 * beginning with a dollar sign. You may subscribe to a pattern: `*` stands for one part, and `>` at the end for one or more.
 *
 * A connection that has subscribed to a topic in several ways (by name and by patterns) gets each message once. Subscribing to the
 * same name again replaces the options.
 *
 * @since 0.1.0
 * @category services
 */
export class Topics extends Context.Tag("@effect-ws/platform/Topics")<Topics, {
  /** Subscribes a connection until the scope closes or the connection ends: for handlers of `serve`. */
  readonly subscribe: (
    connection: Connection,
    topics: string | Iterable<string>,
    options?: SubscribeOptions
  ) => Effect.Effect<Subscription, InvalidTopic | TooManySubscriptions, Scope.Scope>
  /** Subscribes a connection until you end it or the connection ends, without fiber or scope: for the hooks of `serveMessages`. */
  readonly subscribeNow: (
    connection: Connection,
    topics: string | Iterable<string>,
    options?: SubscribeOptions
  ) => Either.Either<Subscription, InvalidTopic | TooManySubscriptions>
  /** Ends the connection's subscriptions to these names, or all. If it has subscribed to a topic in another way, that stays. */
  readonly unsubscribe: (connection: Connection, topics?: string | Iterable<string>) => void
  /**
   * Sends a message to all subscribers of the topic, without waiting for them. Do not change its bytes afterward. With a backplane, it
   * waits until the backplane has taken the message for the other nodes, and fails if that fails; subscribers on this node get it in
   * either case, unless the topic is kept.
   */
  readonly publish: (
    topic: string,
    message: Outgoing,
    options?: PublishOptions
  ) => Effect.Effect<Published, InvalidTopic | BackplaneUnavailable>
  /**
   * Publishes at once, without waiting for the backplane; if that fails later, it is logged. For the hooks and handlers of
   * `serveMessages`.
   */
  readonly publishNow: (
    topic: string,
    message: Outgoing,
    options?: PublishOptions
  ) => Either.Either<Published, InvalidTopic | BackplaneUnavailable>
  /** How many connections of this node have subscribed to the topic. */
  readonly subscribers: (topic: string) => number
}>() {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Subscriptions of one connection, at most: this bounds memory where clients choose names. 1 to 2^31 - 1. Default 1,000.
   */
  readonly maxSubscriptions?: number | undefined
  /** Which topics are kept, so that clients that come back get what they missed. Default: none. */
  readonly keep?: KeepOptions | undefined
  /**
   * What publishing to other nodes does while the backplane cannot be reached: fail or wait. Default "wait".
   */
  readonly whileAway?: "wait" | "fail" | undefined
  /** How long publishing waits for the backplane to be reached, and how long for its answer. Default 5 seconds. */
  readonly waitFor?: Duration.DurationInput | undefined
  /** Bytes that may wait, for the backplane or its answer, in all; beyond that, publishing fails. Default 16 MiB. */
  readonly waitingSize?: number | undefined
}

/**
 * Topics that are kept: in the backplane's log, or in memory if there is no backplane (64 MiB for all together).
 *
 * @since 0.1.0
 * @category models
 */
export interface KeepOptions {
  /** Topics and patterns. */
  readonly topics: ReadonlyArray<string>
  /** Messages kept of each topic, at least, as the backplane counts: 1 to 2^31 - 1. Default 1,000. */
  readonly last?: number | undefined
  /** How long messages are kept. Default: as long as there are no more than `last`. */
  readonly for?: Duration.DurationInput | undefined
  /**
   * Makes the message that clients get, with its id. Default: JSON text, which {@link KeptMessage} reads. It is called once for all
   * clients that get it at the same time.
   */
  readonly frame?: ((entry: Entry) => Content) | undefined
  /** Makes the message that says that messages the client asked for are gone. Default: JSON, too. */
  readonly gone?: ((topic: string) => Content) | undefined
}

/**
 * What a client gets from kept topics by default (see {@link KeepOptions}): a text, or bytes in base64, with the id to come back with;
 * or the news that messages it asked for are gone.
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
 * The rules for the options.
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
 * The rules for the options of `keep`.
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
 * The topics of this process, until the scope closes: then subscriptions end, but connections do not. With a `Backplane` in the
 * context, messages reach the other nodes, too. Dies of an `InvalidOption`.
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
 * A typed view of topics: each value is encoded once for all subscribers. Make one for each kind of values that has topics of its own.
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
