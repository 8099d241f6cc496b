/**
 * Redis as the backplane of `Topics`: publish/subscribe between the nodes, or sharded publish/subscribe (Redis 7), and a stream for each
 * topic that is kept. In: where Redis is. Out: a `Backplane`.
 *
 * It has two connections to Redis, one to publish and one to listen, of `@redis/client`, which come back by themselves. Redis sends a
 * message to those who listen at that moment: what a node misses while it is cut off is lost, unless the topic is kept.
 *
 * @since 0.1.0
 */
import * as OptionTable from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import { Backplane } from "@effect-ws/platform/Backplane"
import type { RedisClientOptions } from "@redis/client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { open } from "./redis/open.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. Default `redis://localhost:6379`. */
  readonly url?: string | undefined
  /**
   * What `@redis/client` is told besides: TLS, names, passwords. Its `url`, and what this module needs, are not taken from here: it does
   * not queue while Redis is away, and pings.
   */
  readonly client?: Omit<RedisClientOptions, "url" | "disableOfflineQueue" | "RESP"> | undefined
  /** Before the names of channels and streams, to tell applications on one Redis apart. Default `effect-ws:`. */
  readonly prefix?: string | undefined
  /**
   * Sharded publish/subscribe (`SPUBLISH`): in a cluster, a message goes to the shard of its topic, not to all of them. It knows no
   * patterns. Default `false`.
   */
  readonly sharded?: boolean | undefined
}

/**
 * What the options may be, but for those of the client.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly url: string
  readonly prefix: string
  readonly sharded: boolean
}> = {
  url: OptionTable.text({
    range: "a URL such as redis://localhost:6379",
    judge: (url) =>
      /^rediss?:\/\/./.test(url) && URL.canParse(url) ? undefined : "Write redis://host:port, or rediss:// for TLS.",
    default: "redis://localhost:6379"
  }),
  prefix: OptionTable.text({
    range: "text without braces",
    judge: (prefix) => /[{}]/.test(prefix) ? "Leave braces out: a Redis cluster chooses a shard by them." : undefined,
    default: "effect-ws:"
  }),
  sharded: OptionTable.flag(false)
}

/**
 * A backplane over Redis. It need not be reachable yet. Throws an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (given: Options = {}): Backplane["Type"] => {
  const settings = { ...InvalidOption.read(options, given), client: given.client ?? {} }
  return { open: (receiver, keeping) => open(settings, receiver, keeping) }
}

/**
 * As {@link make}, as a layer, which dies of an `InvalidOption`.
 *
 * @example
 * import * as Topics from "@effect-ws/platform/Topics"
 * import * as RedisBackplane from "@effect-ws/topics-redis/RedisBackplane"
 * import * as Layer from "effect/Layer"
 *
 * const topics = Topics.layer({ keep: { topics: ["chat.>"], last: 100 } }).pipe(
 *   Layer.provide(RedisBackplane.layer({ url: "redis://cache.internal:6379" }))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Backplane> =>
  Layer.effect(Backplane, Effect.sync(() => make(options)))
