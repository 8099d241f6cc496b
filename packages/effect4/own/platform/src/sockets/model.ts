/** What a socket is, and what may be asked of one: `PlatformSocket` exports it. */
import type * as OptionTable from "@effect-ws/codec/Options"
import type { Message } from "@effect-ws/connection/Message"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import type { Accept } from "../WebSocketServer.js"

/**
 * A `Socket` whose binary messages are `Uint8Array<ArrayBuffer>`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlatformSocket extends Socket.Socket {
  readonly reader: Effect.Effect<Socket.Reader<Message>, Socket.SocketError, Scope.Scope>
}

/**
 * Nothing yet. What they are of the edition for Effect 3 has no counterpart: a reader pulls, so that there is no budget for handlers, and
 * every Close is an error of the reader.
 *
 * @since 0.1.0
 * @category models
 */
export interface SocketOptions {}

/**
 * What {@link SocketOptions} may be.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{}> = {}

/** Those of sockets, and the others. */
export const split = <A extends SocketOptions>(all: A): readonly [SocketOptions, A] => [{}, all]

/**
 * What a connection was let in by, and what that found out: see `PlatformSocket.accepted`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decision<out A = unknown> {
  readonly accept: Accept<A, unknown>
  readonly value: A
}
