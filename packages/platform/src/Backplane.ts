/**
 * What carries messages between the nodes of `Topics`: the interface that Redis, NATS and others are behind. `MemoryBackplane` is one, in memory. A node
 * is one process with its connections. In: names that a node wants to hear of, and bytes. Out: the bytes at every node that wants them.
 *
 * It knows neither connections nor what is said. What it promises: bytes of one node on one topic arrive in order; they may be lost where
 * a node is cut off, and may come twice (`Topics` drops the second). A log, if it has one, loses nothing that it has taken.
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
 * The backplane did not take a message: it is away, or refuses. `mayHaveArrived`: the connection broke before there was an answer, so
 * that other nodes may have got it for all that.
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
    return `the backplane did not take it: ${excerpt(this.why, 200)}${rest}`
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
   * Something was published, by this node or another. `id` is its place in the log, for topics that are kept. The bytes are the
   * receiver's from now on.
   */
  readonly onMessage: (topic: string, bytes: Uint8Array, id: string | undefined) => void
  /** It can be reached, and all that was subscribed to is subscribed to, again: what was published meanwhile may be missing. */
  readonly onUp: () => void
  /** It cannot be reached: called when that begins, before it was ever reached, too, and not for each try. */
  readonly onDown: (why: string) => void
  /** It can be reached, and refuses a part of what is asked of it, which is tried again. For logs. */
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
  /** Messages of a topic. */
  readonly last: number
  /** Milliseconds; `undefined`: for as long as there are no more than `last`. */
  readonly millis: number | undefined
}

/**
 * A node's way to its backplane. Nothing here throws, and nothing waits but the Effects.
 *
 * @since 0.1.0
 * @category models
 */
export interface Link {
  /** Whether it can be reached, as far as is known. */
  readonly isUp: boolean
  /** Whether it knows patterns. */
  readonly patterns: boolean
  /** Until {@link Link.unsubscribe}, over all that breaks meanwhile. `ready` is called once, when messages come. */
  readonly subscribe: (name: string, ready: () => void) => void
  readonly unsubscribe: (name: string) => void
  /** Hands over, in the order of calls. `done` is told whether the backplane has taken it. */
  readonly publish: (
    topic: string,
    bytes: Uint8Array,
    done: (failure: BackplaneUnavailable | undefined) => void
  ) => void
  /** For topics that are kept, if it keeps any. */
  readonly log: Log | undefined
}

/**
 * The messages of topics that are kept, each with an id that is its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Log {
  /**
   * Puts it in the log and publishes it, in the order of calls: whoever is told of it can read it. What was put there under the same
   * `unique` before is not put there again.
   */
  readonly append: (
    topic: string,
    bytes: Uint8Array,
    unique: Unique,
    done: (result: Either.Either<string, BackplaneUnavailable>) => void
  ) => void
  /** The id of the last message. */
  readonly last: (topic: string) => Effect.Effect<Option.Option<string>, BackplaneUnavailable>
  /** At most so many messages behind `after`, the oldest first; from the oldest of all without. */
  readonly read: (topic: string, after: string | undefined, most: number) => Effect.Effect<Page, BackplaneUnavailable>
  /** Whether one id stands behind another. */
  readonly isAfter: (id: string, than: string) => boolean
}

/**
 * What tells a message from all others: the number of its node, and its own there, which grows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unique {
  readonly origin: number
  readonly sequence: number
  /** It was handed over before, and nobody knows whether it arrived. */
  readonly isAgain: boolean
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Page {
  readonly entries: ReadonlyArray<{ readonly id: string; readonly bytes: Uint8Array }>
  /** The message that was asked from is not there any more, so that others behind it may be missing; or it never was. */
  readonly gone: boolean
}

/**
 * @since 0.1.0
 * @category services
 */
export class Backplane extends Context.Tag("@effect-ws/platform/Backplane")<Backplane, {
  /** For one node, until the scope closes. It need not be reachable yet. */
  readonly open: (receiver: Receiver, keeping: Keeping | undefined) => Effect.Effect<Link, never, Scope.Scope>
}>() {}
