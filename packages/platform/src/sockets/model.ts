/** What a socket is, and what may be asked of one: `PlatformSocket` exports it. */
import * as Socket from "@effect/platform/Socket"
import * as OptionTable from "@effect-ws/codec/Options"
import type { Octets } from "@effect-ws/codec/Primitives"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type { Message } from "@effect-ws/connection/Message"
import type * as Effect from "effect/Effect"
import type { Accept } from "../WebSocketServer.js"

/**
 * A `Socket` whose binary messages are `Uint8Array<ArrayBuffer>`.
 *
 * @since 0.1.0
 * @category models
 */
export interface PlatformSocket extends Socket.Socket {
  readonly run: <A, E = never, R = never>(
    handler: (octets: Octets) => Effect.Effect<A, E, R> | void,
    options?: { readonly onOpen?: Effect.Effect<void> | undefined }
  ) => Effect.Effect<void, Socket.SocketError | E, R>
  readonly runRaw: <A, E = never, R = never>(
    handler: (message: Message) => Effect.Effect<A, E, R> | void,
    options?: { readonly onOpen?: Effect.Effect<void> | undefined }
  ) => Effect.Effect<void, Socket.SocketError | E, R>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SocketOptions {
  /** Which Close codes fail a run. Default: all but 1000 and 1006. */
  readonly closeCodeIsError?: ((code: number) => boolean) | undefined
  /**
   * Bytes of messages whose handlers are running (each counts 4,096 more): 0 to 2^31 - 1, or `Infinity` for no limit. Beyond it,
   * reading pauses until a handler is done. Default 16 MiB.
   */
  readonly handlerBudget?: number | undefined
}

/**
 * The rules for the numbers.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{ readonly handlerBudget: number }> = {
  handlerBudget: OptionTable.integer({ least: 0, unit: "bytes", infinity: "no limit", default: 16 * 1024 * 1024 })
}

/** Those of sockets, and the others. */
export const split = <A extends SocketOptions>(
  { closeCodeIsError, handlerBudget, ...others }: A
): readonly [SocketOptions, Omit<A, keyof SocketOptions>] => [{ closeCodeIsError, handlerBudget }, others]

/** The options, judged. */
export interface SocketSettings {
  readonly closeCodeIsError: (code: number) => boolean
  readonly handlerBudget: number
}

/** Throws an `InvalidOption`. */
export const read = (given: SocketOptions): SocketSettings => ({
  closeCodeIsError: given.closeCodeIsError ?? Socket.defaultCloseCodeIsError,
  ...InvalidOption.read(options, given)
})

/**
 * The `accept` that let a connection in, and its value: see `PlatformSocket.accepted`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decision<out A = unknown> {
  readonly accept: Accept<A, unknown>
  readonly value: A
}
