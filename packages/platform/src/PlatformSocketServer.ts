/**
 * `SocketServer.SocketServer` of @effect/platform on our server: what `RpcServer.layerProtocolSocketServer`, the DevTools' server
 * and the cluster's `SocketRunner` ask for. In: a `WebSocketServer`. Out: a `SocketServer` of the same address, whose sockets are
 * `PlatformSocket`s.
 *
 * The connection closes with 1000 when its handler returns, with 1011 when it fails, and with 1001 when it is interrupted. When the
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
  /** Decides on each request. Default: all are accepted. A handler gets its value with `PlatformSocket.accepted`. */
  readonly accept?: Accept<unknown, R> | undefined
}

/**
 * The address is that of the server when you read it; one that does not listen yet has no host, and port 0. Dies of an
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
 * Closes all sockets of `self` before anything of it is released. Works with any `SocketServer`.
 *
 * Layers are released from the last to the first, so what uses the server goes before its `run`. By itself, `RpcServer.layer` then
 * interrupts running calls and tells the clients so; their callers see an interruption of their own, and nobody retries. With this,
 * clients see the connection end: such calls fail with `RpcClientError`.
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
