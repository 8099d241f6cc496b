/**
 * NATS as the backplane of `Topics`: core NATS between the nodes, and one JetStream stream for all kept topics. In: where NATS is. Out:
 * a `Backplane`.
 *
 * It has one connection, of `@nats-io/transport-node`, which reconnects by itself. NATS sends a message only to those who listen at that
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
  /** One server, or several of a cluster: `nats://host:4222`. Default `nats://localhost:4222`. */
  readonly servers?: ReadonlyArray<string> | undefined
  /** Other options for `@nats-io/transport-node`: TLS, names, passwords, tokens. */
  readonly client?: Omit<NodeConnectionOptions, "servers" | "waitOnFirstConnect" | "maxReconnectAttempts"> | undefined
  /**
   * The prefix of all subjects, and the name of the stream, which tells applications on one NATS apart: 1 to 32 letters, digits, `-` and
   * `_`. Default `effect-ws`.
   */
  readonly prefix?: string | undefined
  /** How many servers store what is kept: 1 to 5. Default 1. */
  readonly replicas?: number | undefined
}

/**
 * The rules for the options, except for those of the client.
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
 * {@link make} as a layer. Dies of an `InvalidOption`.
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
