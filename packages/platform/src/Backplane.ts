/**
 * Carries messages between the nodes of `Topics`: the interface of Redis, NATS and other engines. `MemoryBackplane` is one in memory. A
 * node is one process with its connections. In: the names that a node listens to, and bytes. Out: the bytes at every node that listens.
 *
 * It knows neither connections nor what messages say. It promises that bytes of one node on one topic arrive in order. They may be lost
 * while a node is cut off, and may arrive twice (`Topics` drops the second). A log, if it has one, loses nothing that it has taken.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { excerpt } from "./logging/boundedCause.js"

/**
 * The backplane did not take a message: it cannot be reached, or refuses. `mayHaveArrived` means that the connection broke before the
 * answer came, so other nodes may have received the message nevertheless.
 *
 * @since 0.1.0
 * @category errors
 */
export class BackplaneUnavailable extends Data.TaggedError("BackplaneUnavailable")<{
  readonly mayHaveArrived: boolean
  /** What is wrong, for logs. */
  readonly why: string
}> {
  override get message(): string {
    const rest = this.mayHaveArrived ? "; other nodes may have received the message nevertheless" : ""
    return `the backplane did not take the message: ${excerpt(this.why, 200)}${rest}`
  }
}

/**
 * A node, as its backplane sees it. Nothing here throws.
 *
 * @since 0.1.0
 * @category models
 */
export interface Receiver {
  /**
   * A message arrived, from this node or another. `id` is its place in the log, for topics that are kept. The bytes now belong to the
   * receiver.
   */
  readonly onMessage: (topic: string, bytes: Uint8Array, id: string | undefined) => void
  /** It can be reached (again), and all subscriptions are in place: messages published in between may be missing. */
  readonly onUp: () => void
  /** It cannot be reached: called once when that begins, also at the start, and not for each try. */
  readonly onDown: (why: string) => void
  /** It can be reached, but refuses a part of what is asked, which is tried again. For logs. */
  readonly onTrouble: (why: string) => void
}

/**
 * Which topics have a log, and what it keeps.
 *
 * @since 0.1.0
 * @category models
 */
export interface Keeping {
  readonly isKept: (topic: string) => boolean
  /** Messages of each topic. */
  readonly last: number
  /** Milliseconds; `undefined`: as long as there are no more than `last` messages. */
  readonly millis: number | undefined
}

/**
 * A node's link to its backplane. Nothing here throws, and only the Effects wait.
 *
 * @since 0.1.0
 * @category models
 */
export interface Link {
  /** Whether the backplane can be reached, as far as is known. */
  readonly isUp: boolean
  /** Whether it supports patterns. */
  readonly patterns: boolean
  /** Subscribes until {@link Link.unsubscribe}, also across broken connections. `ready` is called once, when messages come. */
  readonly subscribe: (name: string, ready: () => void) => void
  readonly unsubscribe: (name: string) => void
  /** Hands a message over, in the order of calls. `done` is told whether the backplane has taken it. */
  readonly publish: (
    topic: string,
    bytes: Uint8Array,
    done: (failure: BackplaneUnavailable | undefined) => void
  ) => void
  /** The log of kept topics, if the backplane has one. */
  readonly log: Log | undefined
}

/**
 * The messages of kept topics, each with an id that is its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Log {
  /**
   * Appends a message to the log and publishes it, in the order of calls: whoever is told of it can read it. A message with the same
   * `unique` is not appended twice.
   */
  readonly append: (
    topic: string,
    bytes: Uint8Array,
    unique: Unique,
    done: (result: Either.Either<string, BackplaneUnavailable>) => void
  ) => void
  /** The id of the last message. */
  readonly last: (topic: string) => Effect.Effect<Option.Option<string>, BackplaneUnavailable>
  /** Up to `most` messages after `after`, oldest first; without it, from the oldest of all. */
  readonly read: (topic: string, after: string | undefined, most: number) => Effect.Effect<Page, BackplaneUnavailable>
  /** Whether one id comes after another. */
  readonly isAfter: (id: string, than: string) => boolean
}

/**
 * Identifies a message: the number of its node, and its own number there, which grows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unique {
  readonly origin: number
  readonly sequence: number
  /** It was handed over before, and it is unknown whether it arrived. */
  readonly isAgain: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Page {
  readonly entries: ReadonlyArray<{ readonly id: string; readonly bytes: Uint8Array }>
  /** The message to start after is gone, or never existed, so messages behind it may be missing. */
  readonly gone: boolean
}

/**
 * @since 0.1.0
 * @category services
 */
export class Backplane extends Context.Tag("@effect-ws/platform/Backplane")<Backplane, {
  /** Opens the link of one node, until the scope closes. The backplane need not be reachable yet. */
  readonly open: (receiver: Receiver, keeping: Keeping | undefined) => Effect.Effect<Link, never, Scope.Scope>
}>() {}
