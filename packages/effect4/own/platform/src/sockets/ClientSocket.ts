/** A socket that opens a connection for each reader, and keeps what is written between two. */
import type { Connection } from "@effect-ws/connection/Connection"
import type { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { readerOf } from "./BaseSocket.js"
import { isCloseError, startClose, writeError } from "./ends.js"
import type { PlatformSocket, SocketOptions } from "./model.js"

type Chunk = Uint8Array | string | Socket.CloseEvent

export class ClientSocket implements PlatformSocket {
  readonly [Socket.TypeId]: typeof Socket.TypeId = Socket.TypeId
  connection: Connection | undefined = undefined
  private readonly open = Latch.makeUnsafe(false)
  /** The last one that we were told to close. */
  private closing: Connection | undefined = undefined

  constructor(
    private readonly connect: Effect.Effect<Connection, Socket.SocketError, Scope.Scope>,
    _options: SocketOptions = {}
  ) {}

  get reader(): PlatformSocket["reader"] {
    return Effect.gen({ self: this }, function*() {
      const connection = yield* this.connect
      const reader = yield* readerOf(connection)
      yield* Effect.addFinalizer((exit) => {
        this.forget(connection)
        return isFault(exit) ? Effect.ignore(startClose(connection, internalError)) : Effect.void
      })
      this.connection = connection
      this.open.openUnsafe()
      return reader
    })
  }

  readonly writer: PlatformSocket["writer"] = Effect.succeed({
    write: (chunk) => this.write(chunk),
    writeAll: (chunks) => this.writeFrom(chunks, 0)
  })

  private write(chunk: Chunk): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => {
      const { connection } = this
      if (connection === undefined) return Effect.andThen(this.open.await, this.write(chunk))
      if (!Socket.isCloseEvent(chunk)) {
        return Effect.catch(connection.send(chunk), (error) => this.unsent(connection, error, chunk))
      }
      const before = this.closing
      this.closing = connection
      // One that must not be sent closes nothing.
      return Effect.tapError(startClose(connection, chunk), () => Effect.sync(() => this.closing = before))
    })
  }

  /** Those for which there is room are one write. */
  private writeFrom(chunks: ReadonlyArray<Uint8Array | string>, from: number): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => {
      for (let i = from; i < chunks.length; i++) {
        const chunk = chunks[i]
        if (chunk !== undefined && this.connection?.trySend(chunk) !== "accepted") {
          return Effect.andThen(this.write(chunk), this.writeFrom(chunks, i + 1))
        }
      }
      return Effect.void
    })
  }

  private forget(connection: Connection): void {
    if (this.connection !== connection) return
    this.connection = undefined
    this.open.closeUnsafe()
  }

  /** Nothing of it was written: it waits for the next reader, as what is written before the first does. */
  private unsent(
    connection: Connection,
    error: ConnectionClosed,
    chunk: Uint8Array | string
  ): Effect.Effect<void, Socket.SocketError> {
    if (this.closing === connection) return Effect.fail(writeError(error))
    this.forget(connection)
    return this.write(chunk)
  }
}

const internalError = new Socket.CloseEvent(1011)

/** Whether who reads failed, rather than the connection ended or the reader was interrupted. */
const isFault = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause) &&
  !exit.cause.reasons.some((reason) => reason._tag === "Fail" && isCloseError(reason.error))
