/** What a host provides for a server: as given, and as judged. `host/Serving` exports the former. */
import * as OptionTable from "@effect-ws/codec/Options"
import type { ServerConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Primitives } from "@effect-ws/codec/Primitives"
import type { IncomingWhole } from "@effect-ws/connection/Connection"
import type { Deflate } from "@effect-ws/connection/host/Compression"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import type * as Duration from "effect/Duration"
import type { ShutdownCode } from "../WebSocketServer.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly limits: Limits.Limits
  /** The deadlines of all connections of the server, which must outlive it. */
  readonly deadlines: Deadlines
  readonly primitives: Primitives
  /** The primitives for received messages, as in `Host.make`. */
  readonly receiving?: Primitives | undefined
  /** Makes unpredictable unsigned 32-bit numbers, for the payload of pings. */
  readonly random: () => number
  /** How long deciding on a request, and waiting for the first `serve`, may take: 1 ms to 24.8 days. */
  readonly openTimeout: Duration.DurationInput
  /** How long shutting down waits for the closing handshakes and the handlers: 0 to 24.8 days, or infinite. */
  readonly grace: Duration.DurationInput
  /** Connections and waiting requests: 0 to 2^31 - 1, or `Infinity` for no limit. Beyond it, requests are refused with 503. */
  readonly maxConnections: number
  /** The Close code when the server, or a `serve` of it, shuts down. */
  readonly closeOnShutdown: ShutdownCode
  /** permessage-deflate; `undefined` declines every offer of it. */
  readonly compression: Deflate<ServerConfig> | undefined
}

/**
 * The paths that a server serves.
 *
 * @since 0.1.0
 * @category models
 */
export type Paths = ReadonlyArray<string> | ((path: string) => boolean)

const pathList = OptionTable.list({
  range: "a list of paths such as /chat, or a function",
  judge: (text) => /^\/[^?#]*$/.test(text) ? undefined : "Write a path that begins with a slash, without a query.",
  default: undefined
})

const isPredicate = (value: unknown): value is (path: string) => boolean => typeof value === "function"

/**
 * The rules for the numbers and Durations, with the defaults for hosts whose users may leave them out.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly openTimeout: Duration.Duration
  readonly grace: Duration.Duration
  readonly maxConnections: number
  readonly closeOnShutdown: ShutdownCode
}> = {
  openTimeout: InvalidOption.duration({ least: 1, default: "10 seconds" }),
  grace: InvalidOption.duration({ infinity: "nothing is cut", default: "3 seconds" }),
  maxConnections: OptionTable.integer({ least: 0, unit: "connections", infinity: "no limit", default: Infinity }),
  closeOnShutdown: OptionTable.oneOf([1001, 1012, 1013], { default: 1001 })
}

/**
 * The rule for {@link Paths}, for hosts with several servers on one port.
 *
 * @since 0.1.0
 * @category options
 */
export const paths: OptionTable.Rule<Paths | undefined> = {
  ...pathList,
  judge: (value) => isPredicate(value) ? { _tag: "Right", value } : pathList.judge(value)
}

/**
 * The rules for the hooks of `serveMessages`.
 *
 * @since 0.1.0
 * @category options
 */
export const messageHooks: OptionTable.Table<{ readonly incoming: IncomingWhole }> = {
  incoming: OptionTable.oneOf(["whole", "bytes"], { default: "whole" })
}

/** The options, judged. */
export interface ServingSettings extends Options {
  readonly openTimeout: Duration.Duration
  readonly grace: Duration.Duration
}

/** Throws an `InvalidOption`. */
export const read = (given: Options): ServingSettings => ({
  ...given,
  ...InvalidOption.read(options, given),
  limits: Limits.make(given.limits)
})
