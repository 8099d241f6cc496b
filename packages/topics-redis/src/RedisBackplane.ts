/**
 * Redis as the backplane of `Topics`: publish/subscribe between the nodes, sharded if you choose (Redis 7), and a stream for each kept
 * topic. In: where Redis is, or a cluster of it. Out: a `Backplane`.
 *
 * It has two connections of `@redis/client`, one to publish and one to listen, which reconnect by themselves; in a cluster, two to each
 * master. Redis sends a message only to those who listen at that moment: what a node misses while it is cut off is lost, unless the topic
 * is kept.
 *
 * @since 0.1.0
 */
import * as OptionTable from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import { Backplane } from "@effect-ws/platform/Backplane"
import type { RedisClientOptions } from "@redis/client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Settings } from "./redis/Client.js"
import { open } from "./redis/open.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. Default `redis://localhost:6379`. */
  readonly url?: string | undefined
  /**
   * Some servers of a cluster, each written as {@link Options.url}, which you then leave out; the others are found through them. All are
   * asked with the user, the password and the TLS of the first. Publish/subscribe is then {@link Options.sharded}. The cluster counts as
   * away while one of its shards cannot be reached.
   */
  readonly cluster?: ReadonlyArray<string> | undefined
  /**
   * Other options for `@redis/client`: TLS, names, passwords. Not its `url`, and not what this module sets itself: it does not queue
   * while Redis is away, and pings.
   */
  readonly client?: Omit<RedisClientOptions, "url" | "disableOfflineQueue" | "RESP"> | undefined
  /** The prefix of all channels and streams, which tells applications on one Redis apart. Default `effect-ws:`. */
  readonly prefix?: string | undefined
  /**
   * Uses sharded publish/subscribe (`SPUBLISH`): in a cluster, a message goes only to the shard of its topic. It has no patterns.
   * Default `false`; always so with {@link Options.cluster}.
   */
  readonly sharded?: boolean | undefined
}

const judgeUrl = (url: string): string | undefined =>
  /^rediss?:\/\/./.test(url) && URL.canParse(url) ? undefined : "Write redis://host:port, or rediss:// for TLS."

/**
 * The rules for the options, except for those of the client.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly url: string
  readonly cluster: ReadonlyArray<string> | undefined
  readonly prefix: string
  readonly sharded: boolean
}> = {
  url: OptionTable.text({
    range: "a URL such as redis://localhost:6379",
    judge: judgeUrl,
    default: "redis://localhost:6379"
  }),
  cluster: OptionTable.list<never, ReadonlyArray<string> | undefined>({
    range: "a list of URLs such as redis://localhost:6379",
    judge: judgeUrl,
    default: undefined
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
  const settings = InvalidOption.orThrow(together(InvalidOption.read(options, given), given))
  return { open: (receiver, keeping) => open(settings, receiver, keeping) }
}

const together = (read: Omit<Settings, "client">, { client = {}, url }: Options): OptionTable.Read<Settings> => {
  const { cluster } = read
  if (cluster?.length === 0) {
    return OptionTable.problem(
      "cluster",
      cluster,
      "of one URL or more",
      "Name some servers, in case one of them is down."
    )
  }
  if (cluster !== undefined && url !== undefined) {
    return OptionTable.problem(
      "cluster",
      cluster,
      "left out where url is given",
      "Leave out url: any server of a cluster knows all."
    )
  }
  return { _tag: "Options", options: { ...read, client } }
}

/**
 * {@link make} as a layer. Dies of an `InvalidOption`.
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
