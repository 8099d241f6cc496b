/** A socket on one connection, which others opened and close. */
import * as Socket from "@effect/platform/Socket"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Accept } from "../WebSocketServer.js"
import { BaseSocket, type Handler, receive, type RunOptions, type Write } from "./BaseSocket.js"
import { startClose, writeError } from "./ends.js"
import type { Decision, SocketOptions } from "./model.js"

export class HeldSocket extends BaseSocket {
  /** One run after the other: a connection gives each message once. */
  private readonly turn = Effect.unsafeMakeSemaphore(1)

  constructor(
    readonly connection: Connection.Connection,
    options: SocketOptions = {},
    readonly decision: Decision | undefined = undefined
  ) {
    super(options)
  }

  readonly runRaw = <A, E, R>(
    handler: Handler<A, E, R>,
    options?: RunOptions
  ): Effect.Effect<void, Socket.SocketError | E, R> =>
    Effect.interruptible(
      this.turn.withPermits(1)(
        Effect.zipRight(options?.onOpen ?? Effect.void, receive(this.connection, handler, this.settings))
      )
    )

  protected readonly write: Write = (chunk) =>
    Socket.isCloseEvent(chunk)
      ? startClose(this.connection, chunk)
      : Effect.mapError(this.connection.send(chunk), writeError)
}

export const acceptedBy = <A, R>({ decision }: HeldSocket, accept: Accept<A, R>): Option.Option<A> =>
  decision !== undefined && isOf(decision, accept) ? Option.some(decision.value) : Option.none()

/** The value is of the type that `accept` gives, as it was `accept` that gave it. */
const isOf = <A, R>(decision: Decision, accept: Accept<A, R>): decision is Decision<A> => decision.accept === accept
