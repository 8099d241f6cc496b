/** A socket on one connection, which others opened and close. */
import type { Connection } from "@effect-ws/connection/Connection"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import * as Socket from "effect/socket/Socket"
import type { Accept } from "../WebSocketServer.js"
import { readerOf } from "./BaseSocket.js"
import { startClose, writeError } from "./ends.js"
import type { Decision, PlatformSocket, SocketOptions } from "./model.js"

export class HeldSocket implements PlatformSocket {
  readonly [Socket.TypeId]: typeof Socket.TypeId = Socket.TypeId
  /** One reader after the other: a connection gives each message once. */
  private readonly turn = Semaphore.makeUnsafe(1)
  readonly reader: PlatformSocket["reader"]
  readonly writer: PlatformSocket["writer"]

  constructor(
    readonly connection: Connection,
    _options: SocketOptions = {},
    readonly decision: Decision | undefined = undefined
  ) {
    this.reader = Effect.andThen(
      Effect.acquireRelease(this.turn.take(1), () => this.turn.release(1), { interruptible: true }),
      readerOf(connection)
    )
    this.writer = Effect.succeed({
      write: (chunk) =>
        Socket.isCloseEvent(chunk) ? startClose(connection, chunk) : Effect.mapError(connection.send(chunk), writeError),
      writeAll: (chunks) => Effect.mapError(connection.sendAll(chunks), writeError)
    })
  }
}

export const acceptedBy = <A, R>({ decision }: HeldSocket, accept: Accept<A, R>): Option.Option<A> =>
  decision !== undefined && isOf(decision, accept) ? Option.some(decision.value) : Option.none()

/** The value is of the type that `accept` gives, as it was `accept` that gave it. */
const isOf = <A, R>(decision: Decision, accept: Accept<A, R>): decision is Decision<A> => decision.accept === accept
