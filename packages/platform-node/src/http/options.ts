/** The options of an `HttpServer` with WebSockets. */
import type { SocketOptions } from "@effect-ws/platform/PlatformSocket"
import type { Accept } from "@effect-ws/platform/WebSocketServer"
import type { AttachOptions } from "../server/options.js"

/**
 * Limits, compression, origins and the other options of `NodeWebSocketServer`. `openTimeout` is also the time in which a route must ask
 * for the `upgrade` or answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpgradeOptions<R = never> extends AttachOptions, SocketOptions {
  /**
   * Decides on each request before its route does: who may connect, the subprotocol, headers of the 101. Default: all are accepted. A
   * route gets its value from the socket: `PlatformSocket.accepted`.
   */
  readonly accept?: Accept<unknown, R> | undefined
}
