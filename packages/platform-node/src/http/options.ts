/** What an `HttpServer` with WebSockets can be told. */
import type { SocketOptions } from "@effect-ws/platform/PlatformSocket"
import type { Accept } from "@effect-ws/platform/WebSocketServer"
import type { AttachOptions } from "../server/options.js"

/**
 * Limits, compression, origins and the rest of `NodeWebSocketServer`; `openTimeout` is also what a route has to ask for the
 * `upgrade` or to answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpgradeOptions<R = never> extends AttachOptions, SocketOptions {
  /**
   * Decides on each request before its route does: who may connect, the subprotocol, headers of the 101. Everybody is accepted
   * unless given. What it hands on, a route gets from the socket: `PlatformSocket.accepted`.
   */
  readonly accept?: Accept<unknown, R> | undefined
}
