/**
 * `Socket.Socket` of @effect/platform on our connections: what `RpcClient.layerProtocolSocket`, `DevTools.layerSocket` and other
 * modules of Effect ask for. In: a `WebSocketClient` and a URL, or a connection. Out: a `Socket`.
 *
 * - Messages come in order, text as `string` and binary as `Uint8Array<ArrayBuffer>` to `runRaw`. An Effect that a handler returns is started
 *   at once and not waited for, until the messages of those at work exceed a budget: then reading pauses.
 * - Writing waits while the outbox is full.
 * - An end is a `SocketCloseError` with its code, also where we failed the connection (1002, 1007, 1009; 1011 without a sign of
 *   life) or it was dropped (1006); only the codes for which `closeCodeIsError` holds fail a run. No opening is a
 *   `SocketGenericError` (`Open`, `OpenTimeout`) with the `HandshakeError`.
 *
 * For what a `Socket` cannot do (pings, the outcome), use its {@link connection}.
 *
 * @since 0.1.0
 */
import type { SocketError } from "@effect/platform/Socket"
import { Socket } from "@effect/platform/Socket"
import type { Connection } from "@effect-ws/connection/Connection"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Connecting from "./host/Connecting.js"
import { ClientSocket } from "./sockets/ClientSocket.js"
import { isClose, openError } from "./sockets/ends.js"
import { acceptedBy, HeldSocket } from "./sockets/HeldSocket.js"
import { type Decision, type PlatformSocket, type SocketOptions, split } from "./sockets/model.js"
import type { ConnectOptions, Url } from "./WebSocketClient.js"
import { WebSocketClient } from "./WebSocketClient.js"
import type { Accept } from "./WebSocketServer.js"

export { type Decision, options, type PlatformSocket, type SocketOptions } from "./sockets/model.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<R = never> extends SocketOptions, Omit<ConnectOptions<"whole">, "headers" | "incoming"> {
  /** As in `ConnectOptions`; an Effect runs before each connection, for tokens that rotate. */
  readonly headers?:
    | ConnectOptions["headers"]
    | Effect.Effect<NonNullable<ConnectOptions["headers"]>, SocketError, R>
}

/**
 * A socket that opens a connection for each run. When the run ends, so does the connection: with 1001 if it was interrupted,
 * with 1011 if a handler failed.
 *
 * What is written waits for a connection: before the first run, between runs, and when a connection was lost before it took
 * what is written. After a `CloseEvent` it fails with `Write` until the next run. Dies of an `InvalidOption`.
 *
 * @example
 * import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const socket = yield* PlatformSocket.make("ws://localhost:8080")
 *   yield* socket.runRaw((message) => Effect.log(message))
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <R = never, R2 = never>(
  url: Url | Effect.Effect<Url, SocketError, R>,
  options: Options<R2> = {}
): Effect.Effect<PlatformSocket, never, WebSocketClient | R | R2> =>
  Effect.map(Effect.context<WebSocketClient | R | R2>(), (context) => {
    const [socketOptions, { headers, ...connectOptions }] = split(options)
    Connecting.check(connectOptions)
    const connect: Effect.Effect<Connection, SocketError, Scope.Scope | WebSocketClient | R | R2> = Effect.gen(
      function*() {
        const client = yield* WebSocketClient
        const to = Effect.isEffect(url) ? yield* url : url
        const lines = Effect.isEffect(headers) ? yield* headers : headers
        return yield* Effect.mapError(client.connect(to, { ...connectOptions, headers: lines }), openError)
      }
    )
    return new ClientSocket(
      Effect.mapInputContext(connect, (scope: Context.Context<Scope.Scope>) => Context.merge(context, scope)),
      socketOptions
    )
  })

/**
 * {@link make} as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never, R2 = never>(
  url: Url | Effect.Effect<Url, SocketError, R>,
  options?: Options<R2>
): Layer.Layer<Socket, never, WebSocketClient | R | R2> => Layer.effect(Socket, make(url, options))

/**
 * A socket on an open connection, which it does not close: whoever opened it does. What comes before a run waits for it; a
 * run that was interrupted can be followed by another, which goes on. Two runs at a time take turns. Throws an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromConnection = <A>(
  connection: Connection,
  options?: SocketOptions,
  decision?: Decision<A>
): PlatformSocket => new HeldSocket(connection, options, decision)

/**
 * Makes an Effect succeed if it failed only because the socket was closed, with whatever code. For those who serve sockets.
 *
 * @since 0.1.0
 * @category closing
 */
export const ignoreClose = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A | void, E, R> =>
  Effect.catchAllCause(effect, (cause) => isClose(cause) ? Effect.void : Effect.failCause(cause))

/**
 * The connection under a socket of this module. None while it is not open, and for other sockets.
 *
 * @since 0.1.0
 * @category accessors
 */
export const connection = (socket: Socket): Option.Option<Connection> =>
  socket instanceof ClientSocket || socket instanceof HeldSocket
    ? Option.fromNullable(socket.connection)
    : Option.none()

/**
 * The value of `accept` (the user, the room) for this socket's connection. None if another function, or none, accepted it.
 *
 * @example
 * import type { Socket } from "@effect/platform/Socket"
 * import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
 * import { type Accept, Refusal } from "@effect-ws/platform/WebSocketServer"
 * import * as Effect from "effect/Effect"
 *
 * // given to `PlatformSocketServer.layer` or to `NodeHttpServer.layer` as an option
 * const accept: Accept<string, never> = ({ headers }) =>
 *   headers["x-user"] === undefined ? new Refusal({ status: 401 }) : Effect.succeed({ value: headers["x-user"] })
 *
 * const userOf = (socket: Socket) => PlatformSocket.accepted(socket, accept)
 *
 * @since 0.1.0
 * @category accessors
 */
export const accepted = <A, R>(socket: Socket, accept: Accept<A, R>): Option.Option<A> =>
  socket instanceof HeldSocket ? acceptedBy(socket, accept) : Option.none()
