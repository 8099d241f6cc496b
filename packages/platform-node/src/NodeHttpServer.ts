/**
 * `HttpServer` of @effect/platform for Node, with our WebSockets: that of @effect/platform-node, but for
 * `HttpServerRequest.upgrade`, which yields a `PlatformSocket`. A program changes the import of `NodeHttpServer`, and nothing else.
 *
 * - An upgrade request is judged before the app sees it, its origin, too, and a bad one is refused with its status. A good one goes
 *   through middleware and routes like any other request: a route that does not ask for the `upgrade` answers it.
 * - `upgrade` writes the 101, and loses nothing that comes before the socket runs. When the route is done, the connection is closed:
 *   with 1000, with 1011 if it failed, or with 1001 if it was interrupted.
 * - When the scope that serves the app closes, connections are closed with 1001 (or `closeOnShutdown`), and then their routes are
 *   interrupted: what these write is no longer sent. The server answers 503 until an app is served again or its own scope closes.
 * - A server of `node:http2` has WebSockets over HTTP/2, too (RFC 8441): routes see such a request as the `GET` of HTTP/1.1, and
 *   `upgrade` answers it with 200.
 * - A route can refuse with its own answer. What applies to all routes, decide in `accept`.
 *
 * @since 0.1.0
 */
import type { Generator } from "@effect/platform/Etag"
import type { HttpPlatform } from "@effect/platform/HttpPlatform"
import { HttpServer } from "@effect/platform/HttpServer"
import type { ServeError } from "@effect/platform/HttpServerError"
import type { NodeContext } from "@effect/platform-node/NodeContext"
import { layerContext } from "@effect/platform-node/NodeHttpServer"
import type { InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type { Http2SecureServer, Http2Server } from "node:http2"
import type * as Https from "node:https"
import type { ListenOptions } from "node:net"
import * as internal from "./http/httpServer.js"
import type { UpgradeOptions } from "./http/options.js"

export type { UpgradeOptions } from "./http/options.js"

/**
 * Fails with an `InvalidOption` if an option of ours is wrong.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <R = never>(
  evaluate: () => Http.Server | Https.Server | Http2SecureServer | Http2Server,
  listen: ListenOptions,
  options: UpgradeOptions<R> = {}
): Effect.Effect<HttpServer, ServeError | InvalidOption, Scope.Scope | Exclude<R, Scope.Scope>> =>
  internal.make(evaluate, listen, options)

/**
 * The server alone.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = <R = never>(
  evaluate: () => Http.Server | Https.Server | Http2SecureServer | Http2Server,
  listen: ListenOptions,
  options?: UpgradeOptions<R>
): Layer.Layer<HttpServer, ServeError | InvalidOption, Exclude<R, Scope.Scope>> =>
  Layer.scoped(HttpServer, make(evaluate, listen, options))

/**
 * The server, and the services that its app may use: files, ETags and so on.
 *
 * @example
 * import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
 * import * as NodeHttpServer from "@effect-ws/platform-node/NodeHttpServer"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { createServer } from "node:http"
 *
 * const echo = Effect.gen(function*() {
 *   const socket = yield* Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => request.upgrade)
 *   const write = yield* socket.writer
 *   yield* socket.runRaw((message) => write(message))
 *   return HttpServerResponse.empty()
 * })
 *
 * const app = HttpRouter.empty.pipe(
 *   HttpRouter.get("/", HttpServerResponse.text("hello")),
 *   HttpRouter.get("/echo", echo),
 *   HttpServer.serve()
 * )
 *
 * const program = Layer.launch(Layer.provide(app, NodeHttpServer.layer(createServer, { port: 8080 })))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(
  evaluate: () => Http.Server | Https.Server | Http2SecureServer | Http2Server,
  listen: ListenOptions,
  options?: UpgradeOptions<R>
): Layer.Layer<
  HttpPlatform | Generator | NodeContext | HttpServer,
  ServeError | InvalidOption,
  Exclude<R, Scope.Scope>
> => Layer.merge(layerServer(evaluate, listen, options), layerContext)

/**
 * {@link layer}, which listens where the configuration says.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = <R = never>(
  evaluate: () => Http.Server | Https.Server | Http2SecureServer | Http2Server,
  listen: Config.Config.Wrap<ListenOptions>,
  options?: UpgradeOptions<R>
): Layer.Layer<
  HttpPlatform | Generator | NodeContext | HttpServer,
  ConfigError | ServeError | InvalidOption,
  Exclude<R, Scope.Scope>
> =>
  Layer.merge(
    Layer.scoped(HttpServer, Effect.flatMap(Config.unwrap(listen), (listen) => make(evaluate, listen, options))),
    layerContext
  )
