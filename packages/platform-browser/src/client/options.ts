/** The options of a client on this host, and their rules. What only the host controls is not among them. */
import * as OptionTable from "@effect-ws/codec/Options"
import * as AllLimits from "@effect-ws/connection/Limits"
import * as Connecting from "@effect-ws/platform/host/Connecting"
import type * as Duration from "effect/Duration"
import type { WebSocketClass } from "../transport/WebSocketTransport.js"

/**
 * The limits that we enforce. The host handles pings, pongs and keepalive.
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
 * The options for all connections of a client.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Default: `Limits.defaults` with an `inboxSize` of 16 MiB: a `WebSocket` cannot pause, so beyond it the connection fails
   * (`InboxFull`, Close 4008). A message over `maxMessageSize` is refused once the host has all of it (Close 4009).
   */
  readonly limits?: Limits | undefined
  /** The `openTimeout` of connections that have none of their own: 1 ms to 24.8 days. Default 10 seconds. */
  readonly openTimeout?: Duration.DurationInput | undefined
  /** The `linger` of connections that have none of their own: 0 to 24.8 days, or infinite. Default 1 second. */
  readonly linger?: Duration.DurationInput | undefined
  /** Uses the host's `WebSocketStream` if it has one, which can pause. Default `false`. */
  readonly streams?: boolean | undefined
  /** The class to connect with, instead of the host's. It takes precedence over {@link streams}. */
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
