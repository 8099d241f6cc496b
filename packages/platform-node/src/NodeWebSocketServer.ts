/**
 * The WebSocket server for Node: on a port or Unix socket of its own, with or without TLS, or attached to a `node:http`, `node:https`
 * or `node:http2` server beside its routes; over HTTP/1.1, and optionally over HTTP/2 (RFC 8441). In: options. Out: the
 * `WebSocketServer` service.
 *
 * It judges a request before your code sees it (RFC 6455 §4.2.1), and refuses pages of other origins. A refused client gets a complete
 * answer, and its socket is closed.
 *
 * @since 0.1.0
 */
import type { InvalidOption } from "@effect-ws/connection/InvalidOption"
import type { ServeError } from "@effect-ws/platform/WebSocketServer"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type { Http2SecureServer, Http2Server } from "node:http2"
import type * as Https from "node:https"
import type { AttachOptions, Options, Upgrades } from "./server/options.js"
import * as internal from "./server/server.js"

export type {
  AttachOptions,
  Http2Options,
  Options,
  Peers,
  ServingOptions,
  TlsOptions,
  TrustProxy,
  Upgrades
} from "./server/options.js"
export type { MessageMemory } from "./transport/messageMemory.js"

/**
 * A server that listens until the scope closes. Then it stops accepting, closes all connections with 1001 (or `closeOnShutdown`), and
 * cuts them after `grace`. A program can have several servers.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: Options) => Effect.Effect<
  WebSocketServer["Type"],
  ServeError | InvalidOption,
  Scope.Scope
> = internal.make

/**
 * Serves the WebSockets of a server of yours, beside its routes and other `upgrade` listeners, until the scope closes. Your server
 * listens, and has its own limits and timeouts for heads (`maxHeaderSize`, `headersTimeout`, …). Requests for other protocols (`h2c`)
 * stay with its routes. A server of `node:http2` takes WebSockets over HTTP/2 (RFC 8441) on sessions that begin from then on, and with
 * `allowHTTP1` over HTTP/1.1, too; give it limits, such as the setting `maxConcurrentStreams`. Dies of an `InvalidOption`.
 *
 * @example
 * import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import * as Http from "node:http"
 *
 * const program = Effect.gen(function*() {
 *   const http = Http.createServer((_request, response) => response.end("hello"))
 *   const server = yield* NodeWebSocketServer.attach(http, { paths: ["/chat"] })
 *   http.listen(8080)
 *   yield* server.serve((connection) => Stream.run(connection.messages, connection.sink))
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const attach: (
  server: Http.Server | Https.Server | Http2SecureServer | Http2Server,
  options?: AttachOptions
) => Effect.Effect<WebSocketServer["Type"], never, Scope.Scope> = (server, options = {}) =>
  internal.attach(server, options)

/**
 * A server without a listener: you hand it each upgrade. For frameworks that hide their `http.Server`, or that decide on each upgrade;
 * if you have the server, {@link attach} does all of it. Once the scope closes, upgrades are refused with 503. Dies of an
 * `InvalidOption`.
 *
 * @example
 * import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
 * import * as Effect from "effect/Effect"
 * import type { Server } from "node:http"
 *
 * declare const http: Server
 *
 * const program = Effect.gen(function*() {
 *   const { handleUpgrade, server } = yield* NodeWebSocketServer.makeUpgrades()
 *   http.on("upgrade", (request, socket, head) => {
 *     if (request.url === "/chat") handleUpgrade(request, socket, head)
 *   })
 *   yield* server.serve((connection) => connection.run((message) => connection.send(message)))
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeUpgrades: (
  options?: Omit<AttachOptions, "paths">
) => Effect.Effect<Upgrades, never, Scope.Scope> = (options = {}) => internal.makeUpgrades(options)

/**
 * {@link make} as a layer.
 *
 * @example
 * import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
 * import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
 * import * as Layer from "effect/Layer"
 * import * as Stream from "effect/Stream"
 *
 * const echo = WebSocketServer.layer((connection) => Stream.run(connection.messages, connection.sink))
 *
 * const program = Layer.launch(Layer.provide(echo, NodeWebSocketServer.layer({ port: 8080 })))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<WebSocketServer, ServeError | InvalidOption> =>
  Layer.scoped(WebSocketServer, make(options))

/**
 * {@link attach} as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAttached = (
  server: Http.Server | Https.Server | Http2SecureServer | Http2Server,
  options?: AttachOptions
): Layer.Layer<WebSocketServer> => Layer.scoped(WebSocketServer, attach(server, options))
