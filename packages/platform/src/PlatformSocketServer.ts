/**
 * `SocketServer.SocketServer` of @effect/platform on our server: what `RpcServer.layerProtocolSocketServer`, the DevTools' server
 * and the cluster's `SocketRunner` ask for. In: a `WebSocketServer`. Out: a `SocketServer` of the same address, whose sockets are
 * `PlatformSocket`s.
 *
 * A handler that returns closes its connection with 1000, one that fails with 1011, and one that is interrupted with 1001. When the
 * server shuts down, or `run` is interrupted, connections are closed before handlers are interrupted: what these write then fails
 * with `Write`, and no client takes it for an answer.
 *
 * @since 0.1.0
 */
import { SocketServer } from "@effect/platform/SocketServer"
import { asEffect } from "@effect-ws/connection/host/Hosting"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { bindAccept } from "./host/Serving.js"
import { fromConnection, ignoreClose, options as socketOptions, type SocketOptions } from "./PlatformSocket.js"
import { addressOf } from "./sockets/address.js"
import type { Accept } from "./WebSocketServer.js"
import { WebSocketServer } from "./WebSocketServer.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<R = never> extends SocketOptions {
  /** Everybody is accepted unless given. What it hands on, a handler gets by `PlatformSocket.accepted`. */
  readonly accept?: Accept<unknown, R> | undefined
}

/**
 * The address is that of the server at the time of asking; one that does not listen yet has no host, and port 0. Dies of an
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <R = never>(
  options: Options<R> = {}
): Effect.Effect<SocketServer["Type"], never, WebSocketServer | Exclude<R, Scope.Scope>> =>
  Effect.gen(function*() {
    InvalidOption.read(socketOptions, options)
    const server = yield* WebSocketServer
    const { accept } = options
    const bound = accept === undefined ? undefined : yield* bindAccept(accept)
    return {
      get address() {
        return addressOf(server.address)
      },
      run: (handler) =>
        server.serve({
          accept: bound,
          handler: (connection, value) => {
            const decision = accept === undefined ? undefined : { accept, value }
            return ignoreClose(asEffect(handler(fromConnection(connection, options, decision))))
          },
          onShutdown: "closeFirst"
        })
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
export const layer = <R = never>(
  options?: Options<R>
): Layer.Layer<SocketServer, never, WebSocketServer | Exclude<R, Scope.Scope>> =>
  Layer.effect(SocketServer, make(options))

/**
 * `self`, with all its sockets closed before anything of it is released. Works with any `SocketServer`.
 *
 * Layers are released from the last to the first, and the server's `run` is among the first: what uses it goes before it. So
 * `RpcServer.layer` interrupts the calls under way and tells the clients so, which their callers see as an interruption of their
 * own, and nobody retries. With this, clients see the connection end: such calls fail with `RpcClientError`.
 *
 *     PlatformSocketServer.closingFirst(
 *       Layer.provide(RpcServer.layer(group), RpcServer.layerProtocolSocketServer)
 *     )
 *
 * @since 0.1.0
 * @category layers
 */
export const closingFirst = <A, E, R>(self: Layer.Layer<A, E, R>): Layer.Layer<A, E, R | SocketServer> =>
  Layer.scopedContext(Effect.gen(function*() {
    const server = yield* SocketServer
    const sockets = yield* Scope.make()
    const context = yield* Layer.build(Layer.provide(
      self,
      Layer.succeed(SocketServer, {
        get address() {
          return server.address
        },
        run: (handler) =>
          Effect.acquireUseRelease(
            Effect.forkIn(Effect.interruptible(server.run(handler)), sockets),
            Fiber.join,
            Fiber.interrupt
          )
      })
    ))
    yield* Effect.addFinalizer((exit) => Scope.close(sockets, exit))
    return context
  }))
