/**
 * NATS as the backplane of `Topics`: core NATS between the nodes, and one stream of JetStream for all topics that are kept. In: where
 * NATS is. Out: a `Backplane`.
 *
 * It has one connection, of `@nats-io/transport-node`, which comes back by itself. NATS sends a message to those who listen at that
 * moment: what a node misses while it is cut off is lost, unless the topic is kept.
 *
 * @since 0.1.0
 */
import * as OptionTable from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import { Backplane } from "@effect-ws/platform/Backplane"
import type { NodeConnectionOptions } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { open } from "./nats/open.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** `nats://host:4222`, of one server or several of a cluster. Default `nats://localhost:4222`. */
  readonly servers?: ReadonlyArray<string> | undefined
  /** What `@nats-io/transport-node` is told besides: TLS, names, passwords, tokens. */
  readonly client?: Omit<NodeConnectionOptions, "servers" | "waitOnFirstConnect" | "maxReconnectAttempts"> | undefined
  /**
   * Before the names of subjects, and the name of the stream, to tell applications on one NATS apart: letters, digits, `-` and `_`.
   * Default `effect-ws`.
   */
  readonly prefix?: string | undefined
  /** Servers that each hold what is kept: 1 to 5. Default 1. */
  readonly replicas?: number | undefined
}

/**
 * What the options may be, but for those of the client.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly servers: ReadonlyArray<string>
  readonly prefix: string
  readonly replicas: number
}> = {
  servers: OptionTable.list<never, ReadonlyArray<string>>({
    range: "a list of servers such as nats://localhost:4222",
    judge: (server) =>
      /^(?:nats|tls):\/\/./.test(server) && URL.canParse(server)
        ? undefined
        : "Write nats://host:port, or tls:// for TLS.",
    default: ["nats://localhost:4222"]
  }),
  prefix: OptionTable.text({
    range: "letters, digits, - and _",
    judge: (prefix) => /^[\w-]{1,32}$/.test(prefix) ? undefined : "Use 1 to 32 of these characters.",
    default: "effect-ws"
  }),
  replicas: OptionTable.integer({ least: 1, most: 5, unit: "servers", default: 1 })
}

/**
 * A backplane over NATS. It need not be reachable yet. Throws an `InvalidOption`.
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
 * import * as NatsBackplane from "@effect-ws/topics-nats/NatsBackplane"
 * import * as Layer from "effect/Layer"
 *
 * const topics = Topics.layer({ keep: { topics: ["chat.>"], for: "1 hour" } }).pipe(
 *   Layer.provide(NatsBackplane.layer({ servers: ["nats://nats.internal:4222"] }))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Backplane> =>
  Layer.effect(Backplane, Effect.sync(() => make(options)))
