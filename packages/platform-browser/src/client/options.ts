/** What a client on this host can be told, and what it may be. What the host keeps to itself is not among it. */
import * as OptionTable from "@effect-ws/codec/Options"
import * as AllLimits from "@effect-ws/connection/Limits"
import * as Connecting from "@effect-ws/platform/host/Connecting"
import type * as Duration from "effect/Duration"
import type { WebSocketClass } from "../transport/WebSocketTransport.js"

/**
 * The limits that are ours to keep. Pings, pongs and keepalive are the host's.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits extends
  Pick<
    AllLimits.Input,
    "maxMessageSize" | "inboxSize" | "outboxSize" | "outboxResume" | "closeTimeout" | "dropTimeout"
  >
{}

/**
 * What holds for all connections of a client.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Default: `Limits.defaults`, with an `inboxSize` of 16 MiB: a `WebSocket` cannot be told to wait, so beyond it the connection fails
   * (`InboxFull`, Close 4008). A message over `maxMessageSize` is refused once the host has it (Close 4009).
   */
  readonly limits?: Limits | undefined
  /** For connections that do not say their own: 1 ms to 24.8 days. Default 10 seconds. */
  readonly openTimeout?: Duration.DurationInput | undefined
  /** For connections that do not say their own: 0 to 24.8 days, or infinite. Default 1 second. */
  readonly linger?: Duration.DurationInput | undefined
  /** Uses the host's `WebSocketStream` where it has one: it can be told to wait. Default `false`. */
  readonly streams?: boolean | undefined
  /** The class to connect with, in place of the host's: it has precedence over {@link streams}. */
  readonly webSocket?: WebSocketClass | undefined
}

export const table = { ...Connecting.clientOptions, streams: OptionTable.flag(false) }

/** Those of this host: it cannot wait, so the inbox takes as much as the largest message does. */
export const defaults: AllLimits.Input = { inboxSize: AllLimits.defaults.maxMessageSize }

/** Those of `Limits` that the host keeps, by name: whoever sets one would wait for it in vain. */
const kept = ["pongSize", "settleTimeout", "keepaliveInterval", "keepaliveTimeout"] as const

export const unavailableLimit = (given: AllLimits.Input | undefined): OptionTable.OptionProblem | undefined => {
  const name = kept.find((name) => given?.[name] !== undefined)
  return name === undefined ? undefined : unavailable(`limits.${name}`, given?.[name])
}

/** An option that this host cannot carry out. `value` is not shown where it may be a secret. */
export const unavailable = (option: string, value: unknown, advice = leaveOut): OptionTable.OptionProblem =>
  OptionTable.problem(option, value, "left out: this host's WebSocket does not support it", advice)

const leaveOut = "Leave it out here, and give it to the layer of a host that supports it."
