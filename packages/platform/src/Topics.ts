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
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { fault } from "./logging/log.js"
import { Hub } from "./topics/Hub.js"
import type {
  InvalidTopic,
  Published,
  PublishOptions,
  SubscribeOptions,
  Subscription,
  TooManySubscriptions
} from "./topics/model.js"
import { problemOfTopic } from "./topics/names.js"
import { prepared } from "./topics/payloads.js"
import { encoder } from "./typed/reading.js"
import { UnwritableMessage } from "./TypedConnection.js"

export {
  close,
  dropNewest,
  dropOldest,
  dropOldestOptions,
  type Dropped,
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
   * change them.
   */
  readonly publish: (
    topic: string,
    message: Outgoing,
    options?: PublishOptions
  ) => Effect.Effect<Published, InvalidTopic>
  /** As `publish`, at once. For the hooks and handlers of `serveMessages`. */
  readonly publishNow: (
    topic: string,
    message: Outgoing,
    options?: PublishOptions
  ) => Either.Either<Published, InvalidTopic>
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
}

/**
 * What the options may be.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{ readonly maxSubscriptions: number }> = {
  maxSubscriptions: OptionTable.integer({
    least: 1,
    most: OptionTable.largestSize,
    unit: "subscriptions",
    default: 1000
  })
}

/**
 * The topics of this process, until the scope closes: subscriptions end then, connections do not. Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (given: Options = {}): Effect.Effect<Topics["Type"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const { maxSubscriptions } = InvalidOption.read(options, given)
    const runtime = yield* Effect.runtime()
    const scope = yield* Effect.scope
    const run = Runtime.runFork(runtime)
    const hub = new Hub(maxSubscriptions, {
      fork: (effect) => void run(Effect.forkIn(effect, scope)),
      log: (message, cause) => void run(fault(message, cause))
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => hub.close()))
    const publishNow: Topics["Type"]["publishNow"] = (topic, message, options = {}) => {
      const problem = problemOfTopic(topic)
      return problem === undefined ? Either.right(hub.publish(topic, prepared(message), options)) : Either.left(problem)
    }
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
      publish: (topic, message, options) => Effect.suspend(() => asEffect(publishNow(topic, message, options))),
      publishNow,
      subscribers: (topic) => hub.registry.find(topic)?.size ?? 0
    }
  })

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
  ) => Effect.Effect<Published, InvalidTopic | UnwritableMessage, R>
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
