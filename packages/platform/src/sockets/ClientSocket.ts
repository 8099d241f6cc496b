/** A socket that opens a connection for each run, and keeps what is written between two. */
import * as Socket from "@effect/platform/Socket"
import type * as Connection from "@effect-ws/connection/Connection"
import type { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { BaseSocket, type Handler, receive, type RunOptions, type Write } from "./BaseSocket.js"
import { startClose, writeError } from "./ends.js"
import type { SocketOptions } from "./model.js"

export class ClientSocket extends BaseSocket {
  connection: Connection.Connection | undefined = undefined
  private readonly open = Effect.unsafeMakeLatch(false)
  /** The last one that we were told to close. */
  private closing: Connection.Connection | undefined = undefined

  constructor(
    private readonly connect: Effect.Effect<Connection.Connection, Socket.SocketError, Scope.Scope>,
    options: SocketOptions
  ) {
    super(options)
  }

  readonly runRaw = <A, E, R>(
    handler: Handler<A, E, R>,
    options?: RunOptions
  ): Effect.Effect<void, Socket.SocketError | E, R> =>
    Effect.interruptible(
      Effect.scopedWith((scope) =>
        Effect.flatMap(Scope.extend(this.connect, scope), (connection) =>
          Effect.suspend(() => {
            this.opened(connection)
            return Effect.onExit(
              Effect.zipRight(options?.onOpen ?? Effect.void, receive(connection, handler, this.settings)),
              (exit) => {
                this.forget(connection)
                return isOfHandler(exit) ? Effect.ignore(startClose(connection, internalError)) : Effect.void
              }
            )
          }))
      )
    )

  protected readonly write: Write = (chunk) =>
    Effect.suspend(() => {
      const { connection } = this
      if (connection === undefined) return Effect.flatMap(this.open.await, () => this.write(chunk))
      if (!Socket.isCloseEvent(chunk)) {
        return Effect.catchAll(connection.send(chunk), (error) => this.unsent(connection, error, chunk))
      }
      const before = this.closing
      this.closing = connection
      // One that must not be sent closes nothing.
      return Effect.tapError(startClose(connection, chunk), () => Effect.sync(() => this.closing = before))
    })

  private opened(connection: Connection.Connection): void {
    this.connection = connection
    this.open.unsafeOpen()
  }

  private forget(connection: Connection.Connection): void {
    if (this.connection !== connection) return
    this.connection = undefined
    this.open.unsafeClose()
  }

  /** Nothing of it was written: it waits for the next run, as what is written before the first does. */
  private unsent(
    connection: Connection.Connection,
    error: ConnectionClosed,
    chunk: Uint8Array | string
  ): Effect.Effect<void, Socket.SocketError> {
    if (this.closing === connection) return Effect.fail(writeError(error))
    this.forget(connection)
    return this.write(chunk)
  }
}

const internalError = new Socket.CloseEvent(1011)

/** Whether a handler failed, rather than the connection ended or the run was interrupted. */
const isOfHandler = (exit: Exit.Exit<void, unknown>): boolean =>
  Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause) &&
  ![...Cause.failures(exit.cause)].some((error) => Socket.SocketCloseError.is(error))
