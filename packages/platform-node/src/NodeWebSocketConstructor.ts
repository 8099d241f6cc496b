/**
 * `Socket.WebSocketConstructor` of @effect/platform on our client: WebSockets as browsers have them, for what asks for one
 * (`Socket.makeWebSocket`, `DevTools.layerWebSocket`, `EventLogRemote.fromWebSocket`, the cluster's `HttpRunner`).
 *
 * Where browsers keep quiet, it tells:
 * - `error` means that the connection never opened, and has the `HandshakeError` as its `error`.
 * - `close` has the code with which we failed a connection (1009, …) rather than 1006.
 * - `close()` takes every code that may be sent, not only 1000 and 3000 to 4999; without one it sends 1000.
 * - Binary messages come as `Uint8Array` unless told otherwise: in order with text, which a `Blob` would fall behind.
 *
 * It has no back-pressure, as the interface has none: see `PlatformSocket` for a `Socket` that has.
 *
 * @since 0.1.0
 */
import { WebSocketConstructor } from "@effect/platform/Socket"
import type { HandshakeError } from "@effect-ws/connection/HandshakeError"
import type { ConnectOptions } from "@effect-ws/platform/WebSocketClient"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { WebSocket } from "./internal/webSocket.js"

/**
 * How binary messages come: as browsers have them, or as octets.
 *
 * @since 0.1.0
 * @category models
 */
export type BinaryType = "arraybuffer" | "blob" | "uint8array"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends Omit<ConnectOptions<"whole">, "incoming" | "subprotocols"> {
  /** What `binaryType` is at first. Default "uint8array". */
  readonly binaryType?: BinaryType | undefined
}

/**
 * Sockets that are still open when the scope closes are closed with 1001.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<
  Context.Tag.Service<typeof WebSocketConstructor>,
  never,
  WebSocketClient | Scope.Scope
> =>
  Effect.gen(function*() {
    const { binaryType = "uint8array", ...connectOptions } = options
    const client = yield* WebSocketClient
    const runtime = yield* Effect.runtime<never>()
    const fork = yield* FiberSet.makeRuntime<never, void, HandshakeError>()
    const settings = { client, connectOptions, binaryType, fork, runtime }
    return (url, protocols = []) => WebSocket.make(url, protocols, settings)
  })

/**
 * {@link make} as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<WebSocketConstructor, never, WebSocketClient> =>
  Layer.scoped(WebSocketConstructor, make(options))
