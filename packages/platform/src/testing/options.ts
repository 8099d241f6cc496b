/** The options of the client and the server in memory, and what both have in common. */
import type { ClientConfig, ServerConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Deflate } from "@effect-ws/connection/host/Compression"
import type * as Limits from "@effect-ws/connection/Limits"
import type * as Duration from "effect/Duration"
import type { Paths } from "../host/Serving.js"
import type { ShutdownCode } from "../WebSocketServer.js"

/**
 * The options of a server in memory: as those of `NodeWebSocketServer`, with the same defaults.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerOptions {
  /** The host under which it is reached, with a port if that matters: `a.example:8080`. Default: any that no other server has. */
  readonly at?: string | undefined
  /** The paths that it serves, or a function that decides. Others are refused with 404. Default: all. */
  readonly paths?: Paths | undefined
  /** `settleTimeout` is 0 by default: under the test's clock, a Close must not wait for a time that does not pass. */
  readonly limits?: Limits.Input | undefined
  /** Default 10 seconds. */
  readonly openTimeout?: Duration.DurationInput | undefined
  /** Default 3 seconds. */
  readonly grace?: Duration.DurationInput | undefined
  /** Default: no limit. */
  readonly maxConnections?: number | undefined
  /** Default 1001. */
  readonly closeOnShutdown?: ShutdownCode | undefined
  /** Origins that may connect, besides the server's own. Default: none. */
  readonly origins?: "any" | ReadonlyArray<string> | undefined
  /** Default "any". */
  readonly allowedHosts?: "any" | ReadonlyArray<string> | undefined
  /** permessage-deflate: `NodeDeflate.server()` of `@effect-ws/platform-node`, for instance. Default: every offer is declined. */
  readonly compression?: Deflate<ServerConfig> | undefined
}

/**
 * The options of a client in memory: as those of `NodeWebSocketClient`, with the same defaults.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions {
  /** The address that servers see. Default 127.0.0.1. */
  readonly remoteAddress?: string | undefined
  /** `settleTimeout` is 0 by default. */
  readonly limits?: Limits.Input | undefined
  /** Default 10 seconds. */
  readonly openTimeout?: Duration.DurationInput | undefined
  /** Default 1 second. */
  readonly linger?: Duration.DurationInput | undefined
  /** permessage-deflate: `NodeDeflate.client()`, for instance. Default: it is not offered. */
  readonly compression?: Deflate<ClientConfig> | undefined
}

/** Under the test's clock, a Close must not wait for a time that does not pass. */
export const settling: Limits.Input = { settleTimeout: 0 }

/** Masks and the payload of pings: in memory nobody is there to guess them, and a test is the same each time. */
export const random = (): number => 0x12345678
