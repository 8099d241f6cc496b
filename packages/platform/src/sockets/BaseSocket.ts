/**
 * What both kinds of socket have in common: settings, and a run, which calls a handler for each message until the connection ends.
 */
import * as Socket from "@effect/platform/Socket"
import * as Primitives from "@effect-ws/codec/Primitives"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import { type Message, weigh } from "@effect-ws/connection/Message"
import * as Effect from "effect/Effect"
import { synchronous } from "../internal/userFunctions.js"
import { closeOf } from "./ends.js"
import { HandlersAtWork } from "./HandlersAtWork.js"
import { type PlatformSocket, read, type SocketOptions, type SocketSettings } from "./model.js"

export type Write = (chunk: Uint8Array | string | Socket.CloseEvent) => Effect.Effect<void, Socket.SocketError>
export type Handler<A, E, R> = (message: Message) => Effect.Effect<A, E, R> | void
export type RunOptions = { readonly onOpen?: Effect.Effect<void> | undefined } | undefined

export abstract class BaseSocket implements PlatformSocket {
  readonly [Socket.TypeId]: typeof Socket.TypeId = Socket.TypeId
  protected readonly settings: SocketSettings

  constructor(options: SocketOptions) {
    this.settings = read(options)
  }

  /** The open connection, if there is one. */
  abstract readonly connection: Connection.Connection | undefined

  abstract readonly runRaw: PlatformSocket["runRaw"]

  protected abstract readonly write: Write

  get run(): PlatformSocket["run"] {
    return (handler, options) =>
      this.runRaw((message) => handler(typeof message === "string" ? octetsOf(message) : message), options)
  }

  get writer(): Socket.Socket["writer"] {
    return Effect.succeed(this.write)
  }
}

const octetsOf = (text: string): Primitives.Octets => {
  const octets = new Uint8Array(Primitives.utf8.utf8Length(text))
  Primitives.utf8.encodeUtf8(text, octets, 0)
  return octets
}

/** Calls `handler` for each message until the connection ends. */
export const receive = <A, E, R>(
  connection: Connection.Connection,
  handler: Handler<A, E, R>,
  { closeCodeIsError, handlerBudget }: SocketSettings
): Effect.Effect<void, Socket.SocketError | E, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) =>
    Effect.suspend(() => {
      let stop: Effect.Effect<void> = Effect.void
      let fail = (_failure: Effect.Effect<never, E>): void => {}
      const handlers = new HandlersAtWork<E, R>(runtime, handlerBudget, (cause) => fail(Effect.failCause(cause)))
      const closed = Effect.async<Socket.SocketCloseError, E>((resume) => {
        fail = resume
        stop = Hosting.unsafeRun(
          connection,
          runtime,
          (_, message) => handlers.start(handler(message), weigh(message)),
          (exit) => resume(closeOf(connection, exit))
        )
      })
      return Effect.ensuring(
        Effect.flatMap(closed, (close) =>
          synchronous("closeCodeIsError", closeCodeIsError(close.code)) ? Effect.fail(close) : Effect.void),
        Effect.suspend(() =>
          Effect.zipRight(stop, handlers.interrupt)
        )
      )
    }))
