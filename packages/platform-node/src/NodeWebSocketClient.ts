/**
 * The WebSocket client for Node, on `node:net` and `node:tls`: `ws:`, `wss:` and Unix sockets. In: options, and later URLs. Out:
 * the `WebSocketClient` service.
 *
 * It does not use `node:http`: the handshake is ours, byte by byte. It follows redirects and uses a proxy only if an option says so; it
 * reads no environment variables.
 *
 * @since 0.1.0
 */
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as internal from "./client/client.js"
import type { Options } from "./client/options.js"

export type { Options, ProxyOptions, TcpOptions, TlsOptions } from "./client/options.js"
export type { MessageMemory } from "./transport/messageMemory.js"

/**
 * A client for as long as the scope is open. Its connections belong to the scopes in which they are opened, and may outlive it.
 * Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options?: Options) => Effect.Effect<WebSocketClient["Type"], never, Scope.Scope> = (options = {}) =>
  internal.make(options)

/**
 * A client as a layer.
 *
 * @example
 * import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const connection = yield* WebSocketClient.connect("wss://a.example/chat", { subprotocols: ["chat"] })
 *   yield* connection.send("hello")
 *   yield* connection.run((message) => Effect.log(message))
 * }))
 *
 * const runnable = Effect.provide(program, NodeWebSocketClient.layer({ openTimeout: "3 seconds" }))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<WebSocketClient> =>
  Layer.scoped(WebSocketClient, make(options))
