/**
 * `SocketServer.SocketServer` of @effect/platform on our server: what `RpcServer.layerProtocolSocketServer`, the DevTools' server
 * and the cluster's `SocketRunner` ask for. In: a `WebSocketServer`. Out: a `SocketServer` of the same address, whose sockets are
 * `PlatformSocket`s.
 *
 * A handler that returns closes its connection with 1000, one that fails with 1011, and one that is interrupted with 1001.
 *
 * @since 0.1.0
 */
import { SocketServer } from "@effect/platform/SocketServer"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Decision, fromConnection, ignoreClose, type Settings } from "./PlatformSocket.js"
import type { Accept, Address } from "./WebSocketServer.js"
import { WebSocketServer } from "./WebSocketServer.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<R = never> extends Settings {
  /** Everybody is accepted unless given. What it hands on, a handler gets by `PlatformSocket.accepted`. */
  readonly accept?: Accept<unknown, R> | undefined
}

/**
 * The address is that of the server at the time of asking; one that does not listen yet has no host, and port 0.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <R = never>(
  options: Options<R> = {}
): Effect.Effect<SocketServer["Type"], never, WebSocketServer | R> =>
  Effect.gen(function*() {
    const server = yield* WebSocketServer
    const context = yield* Effect.context<R>()
    const { accept } = options
    return {
      get address() {
        return addressOf(server.address)
      },
      run: (handler) => {
        const serve = (connection: Connection, decision?: Decision) =>
          ignoreClose(handler(fromConnection(connection, options, decision)))
        return accept === undefined ? server.serve((connection) => serve(connection)) : server.serve({
          accept: (request) => Effect.provide(accept(request), context),
          handler: (connection, value) => serve(connection, { accept, value })
        })
      }
    }
  })

/**
 * {@link make} as a layer.
 *
 *     RpcServer.layerProtocolSocketServer.pipe(
 *       Layer.provide(PlatformSocketServer.layer()),
 *       Layer.provide(NodeWebSocketServer.layer({ port: 8080 }))
 *     )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(options?: Options<R>): Layer.Layer<SocketServer, never, WebSocketServer | R> =>
  Layer.effect(SocketServer, make(options))

const addressOf = (address: Address): SocketServer["Type"]["address"] => {
  switch (address._tag) {
    case "Tcp":
      return { _tag: "TcpAddress", hostname: address.host, port: address.port }
    case "Unix":
      return { _tag: "UnixAddress", path: address.path }
    case "None":
      return { _tag: "TcpAddress", hostname: "", port: 0 }
  }
}
