/** What users of `Topics` hold, and what they are told. Types, errors and constructors only. */
import * as OptionTable from "@effect-ws/codec/Options"
import type { Connection } from "@effect-ws/connection/Connection"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type { Content, PreparedMessage } from "@effect-ws/connection/Message"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"

/**
 * The name of a topic, or a pattern, is malformed. `topic` is cut and escaped, since a client may have chosen it.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidTopic extends Data.TaggedError("InvalidTopic")<{
  readonly topic: string
  readonly expected: string
}> {
  override get message(): string {
    return `the topic ${this.topic} must be ${this.expected}`
  }
}

/**
 * The subscriptions asked for would exceed the option `maxSubscriptions` of the connection. None of them was added.
 *
 * @since 0.1.0
 * @category errors
 */
export class TooManySubscriptions extends Data.TaggedError("TooManySubscriptions")<{
  readonly limit: number
}> {
  override get message(): string {
    return `a connection may have at most ${this.limit} subscriptions: end others first, or raise maxSubscriptions`
  }
}

/**
 * What happens to a message for a connection whose outbox is full (`limits.outboxSize`). Other connections never wait for it.
 *
 * - `DropNewest`: it is dropped. The peer sees earlier messages, and later ones once there is room.
 * - `DropOldest`: it waits. Once more than `most` messages wait, or more than `size` bytes, the oldest is dropped. With a `key`, it
 *   replaces the waiting message with the same key: the latest value wins.
 * - `Close`: the connection is closed with this code, and gets no more messages.
 *
 * @since 0.1.0
 * @category models
 */
export type WhenFull =
  | { readonly _tag: "DropNewest" }
  | {
    readonly _tag: "DropOldest"
    readonly most: number
    readonly size: number
    readonly key: Key | undefined
  }
  | { readonly _tag: "Close"; readonly code: number; readonly reason: string }

/**
 * Returns the key whose latest value a message is, or `undefined` if it has none. It is called only for messages that wait. If it
 * throws, that is logged, and the message has no key.
 *
 * @since 0.1.0
 * @category models
 */
export type Key = (message: PreparedMessage["message"], topic: string) => string | undefined

/**
 * A {@link WhenFull} that drops the message.
 *
 * @since 0.1.0
 * @category constructors
 */
export const dropNewest: WhenFull = { _tag: "DropNewest" }

/**
 * A {@link WhenFull} that drops the oldest waiting message: at most `most` (default 16), of `size` bytes together (default 65,536), wait
 * for each subscription. With a `key`, the latest value wins. Throws an `InvalidOption`.
 *
 * @example
 * import * as Topics from "@effect-ws/platform/Topics"
 *
 * // A slow client gets the last price of each symbol, not all of them
 * const latest = Topics.dropOldest({ most: 100, key: (_, topic) => topic })
 *
 * @since 0.1.0
 * @category constructors
 */
export const dropOldest = (
  given: {
    readonly most?: number | undefined
    readonly size?: number | undefined
    readonly key?: Key | undefined
  } = {}
): WhenFull => ({
  _tag: "DropOldest",
  ...InvalidOption.read(dropOldestOptions, given, "dropOldest."),
  key: given.key
})

/**
 * The rules for the options of {@link dropOldest}.
 *
 * @since 0.1.0
 * @category options
 */
export const dropOldestOptions: OptionTable.Table<{ readonly most: number; readonly size: number }> = {
  most: OptionTable.integer({ least: 1, most: 65_536, unit: "messages", default: 16 }),
  size: OptionTable.integer({ least: 1, most: OptionTable.largestSize, unit: "bytes", default: 65_536 })
}

/**
 * A {@link WhenFull} that closes the connection. An illegal code is sent as 1011 (RFC 6455 §7.4), and a reason is cut to 123 bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const close = (code: number, reason: string = ""): WhenFull => ({ _tag: "Close", code, reason })

/**
 * Messages that were dropped since the last report.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dropped {
  readonly connection: Connection
  /** The topic or pattern, as subscribed to. */
  readonly topic: string
  readonly count: number
}

/**
 * Where to begin with a kept topic.
 *
 * - `"now"`: with messages published from now on.
 * - `"oldest"`: with all messages that are kept.
 * - `after`: after the message with this id, which may come from a client: any text is safe. If the message is gone, the client is told
 *   so, and gets all messages that are kept.
 *
 * @since 0.1.0
 * @category models
 */
export type From = "now" | "oldest" | { readonly after: string }

/**
 * A message of a topic that is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  readonly topic: string
  readonly id: string
  readonly message: Content
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SubscribeOptions {
  /** Default {@link dropNewest}. */
  readonly whenFull?: WhenFull | undefined
  /**
   * Called soon after messages were dropped: not while messages are being handed out, and once for all dropped meanwhile. If it throws,
   * that is logged.
   */
  readonly onDrop?: ((dropped: Dropped) => void) | undefined
  /**
   * Where to begin with kept topics (see `KeepOptions` of `Topics`). The two other options do not apply to them: a slow subscriber gets
   * the rest from the log. Default "now".
   */
  readonly from?: From | undefined
}

/**
 * A connection's subscription to some topics. It ends with the connection, if not before.
 *
 * @since 0.1.0
 * @category models
 */
export interface Subscription {
  readonly connection: Connection
  /** Topics and patterns, as given. */
  readonly topics: ReadonlyArray<string>
  /** Messages that were dropped for this connection. */
  readonly dropped: number
  /** Messages that wait for room (see {@link dropOldest}). */
  readonly waiting: number
  /** Ends the subscription at once. Waiting messages are dropped. */
  readonly end: () => void
  /**
   * Completes when messages of other nodes arrive, too (at once if there is no backplane), and the missed messages of kept topics were
   * sent; or when the subscription has ended.
   */
  readonly ready: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PublishOptions {
  /** Connections of this node that do not get it: the one it came from, for instance. */
  readonly except?: Connection | Iterable<Connection> | undefined
}

/**
 * What is known of a message that was published.
 *
 * @since 0.1.0
 * @category models
 */
export interface Published {
  /** For how many connections of this node it was accepted, by the outbox or to wait. It need not have arrived. */
  readonly accepted: number
  /** For how many connections of this node it was dropped, because the outbox was full. */
  readonly dropped: number
  /**
   * Whether others may get it. "none": there is no backplane, and the topic is not kept. "sent": the backplane has taken it, or the log,
   * which a kept topic also has without a backplane. "pending": there is no answer yet.
   */
  readonly backplane: "none" | "sent" | "pending"
  /**
   * The id of a message of a kept topic, once it is known. Such messages are handed out from the log, in its order: `accepted` and
   * `dropped` are 0, and `except` does not apply.
   */
  readonly id: string | undefined
}
