/**
 * `PlatformSocket`: the two kinds of socket. `ClientSocket` opens a connection for each run; `HeldSocket` has one, which others
 * opened and close.
 */
import * as Socket from "@effect/platform/Socket"
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import * as Options from "@effect-ws/codec/Options"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Violation from "@effect-ws/codec/Violation"
import { reported } from "@effect-ws/connection/CloseDescription"
import * as Connection from "@effect-ws/connection/Connection"
import type { ConnectionError, End, InvalidClose } from "@effect-ws/connection/ConnectionError"
import { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import { type Message, weigh } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { HandshakeError } from "../HandshakeError.js"
import type { Decision, PlatformSocket, Settings } from "../PlatformSocket.js"
import type { Accept } from "../WebSocketServer.js"
import { Flights } from "./flights.js"
import { synchronous } from "./promises.js"

type Write = (chunk: Uint8Array | string | Socket.CloseEvent) => Effect.Effect<void, Socket.SocketError>
type Handler<A, E, R> = (message: Message) => Effect.Effect<A, E, R> | void
type RunOptions = { readonly onOpen?: Effect.Effect<void> | undefined } | undefined

interface Resolved {
  readonly closeCodeIsError: (code: number) => boolean
  readonly handlerBudget: number
}

export const options = {
  handlerBudget: Options.integer({ least: 0, unit: "bytes", infinity: "no limit", default: 16 * 1024 * 1024 })
}

abstract class BaseSocket implements PlatformSocket {
  readonly [Socket.TypeId]: typeof Socket.TypeId = Socket.TypeId
  protected readonly settings: Resolved

  constructor(settings: Settings) {
    this.settings = {
      closeCodeIsError: settings.closeCodeIsError ?? Socket.defaultCloseCodeIsError,
      ...InvalidOption.read(options, settings)
    }
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
  const octets = new Uint8Array(Primitives.plain.utf8Length(text))
  Primitives.plain.encodeUtf8(text, octets, 0)
  return octets
}

/** Calls `handler` for each message until the connection ends. */
const receive = <A, E, R>(
  connection: Connection.Connection,
  handler: Handler<A, E, R>,
  { closeCodeIsError, handlerBudget }: Resolved
): Effect.Effect<void, Socket.SocketError | E, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) =>
    Effect.suspend(() => {
      let stop: Effect.Effect<void> = Effect.void
      let fail = (_failure: Effect.Effect<never, E>): void => {}
      const flights = new Flights<E, R>(runtime, handlerBudget, (cause) => fail(Effect.failCause(cause)))
      const closed = Effect.async<Socket.SocketCloseError, E>((resume) => {
        fail = resume
        stop = Connection.unsafeRun(
          connection,
          runtime,
          (_, message) => flights.start(handler(message), weigh(message)),
          (exit) => resume(closeOf(connection, exit))
        )
      })
      return Effect.ensuring(
        Effect.flatMap(closed, (close) =>
          synchronous("closeCodeIsError", closeCodeIsError(close.code)) ? Effect.fail(close) : Effect.void),
        Effect.suspend(() =>
          Effect.zipRight(stop, flights.interrupt)
        )
      )
    }))

// ---------------------------------------------------------------------------------------------------------------
// A connection that is open
// ---------------------------------------------------------------------------------------------------------------

export class HeldSocket extends BaseSocket {
  /** One run after the other: a connection gives each message once. */
  private readonly turn = Effect.unsafeMakeSemaphore(1)

  constructor(
    readonly connection: Connection.Connection,
    settings: Settings = {},
    readonly decision: Decision | undefined = undefined
  ) {
    super(settings)
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

/** The value is of the type that `accept` gives, as it was `accept` that gave it. */
export const acceptedBy = <A, R>({ decision }: HeldSocket, accept: Accept<A, R>): Option.Option<A> =>
  decision?.accept === accept ? Option.some(decision.value as A) : Option.none()

// ---------------------------------------------------------------------------------------------------------------
// A connection for each run
// ---------------------------------------------------------------------------------------------------------------

export class ClientSocket extends BaseSocket {
  connection: Connection.Connection | undefined = undefined
  private readonly open = Effect.unsafeMakeLatch(false)
  /** The last one that we were told to close. */
  private closing: Connection.Connection | undefined = undefined

  constructor(
    private readonly connect: Effect.Effect<Connection.Connection, Socket.SocketError, Scope.Scope>,
    settings: Settings
  ) {
    super(settings)
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

// ---------------------------------------------------------------------------------------------------------------
// Closing, and errors
// ---------------------------------------------------------------------------------------------------------------

/** Writes the Close behind what was sent, and waits for nothing. */
const startClose = (
  connection: Connection.Connection,
  { code, reason }: Socket.CloseEvent
): Effect.Effect<void, Socket.SocketError> =>
  Effect.suspend(() => {
    const closing = Effect.runFork(connection.close(code, reason ?? ""))
    const exit = closing.unsafePoll()
    closing.unsafeInterruptAsFork(FiberId.none)
    return exit !== null && Exit.isFailure(exit) ? Effect.mapError(exit, writeError) : Effect.void
  })

const writeError = (cause: ConnectionClosed | InvalidClose): Socket.SocketError =>
  new Socket.SocketGenericError({ reason: "Write", cause })

export const openError = (cause: HandshakeError): Socket.SocketError =>
  new Socket.SocketGenericError({ reason: cause.reason._tag === "Timeout" ? "OpenTimeout" : "Open", cause })

/** What ended reading, as a Close with a code. */
const closeOf = (
  connection: Connection.Connection,
  exit: Exit.Exit<void, ConnectionError>
): Effect.Effect<Socket.SocketCloseError> =>
  Exit.isSuccess(exit)
    ? Effect.map(Effect.orDie(Effect.flip(connection.receive)), closeOfEnd)
    : Effect.catchAll(Effect.failCause(exit.cause), (error) => Effect.succeed(closeOfEnd(error)))

const closeOfEnd = (end: End): Socket.SocketCloseError => {
  switch (end._tag) {
    case "EndOfMessages":
      return end.remote === undefined ? closed(1006, "the peer did not answer our Close") : closedWith(end.remote)
    case "PeerClosed":
      return closed(end.code, end.reason)
    case "ProtocolFailure":
      return closed(Violation.rules[end.rule].closeCode, end.message)
    case "ConnectionDropped":
      return closed(end.cause._tag === "KeepaliveTimeout" || end.cause._tag === "Defect" ? 1011 : 1006, end.message)
  }
}

/** Whether somebody failed since a socket was closed, and for no other reason. */
export const isClose = (cause: Cause.Cause<unknown>): boolean =>
  !Cause.isEmpty(cause) && Cause.defects(cause).length === 0 && !Cause.isInterrupted(cause) &&
  [...Cause.failures(cause)].every((error) =>
    Socket.SocketCloseError.is(error) ||
    (error instanceof Socket.SocketGenericError && error.cause instanceof ConnectionClosed)
  )

const closedWith = (status: CloseStatus): Socket.SocketCloseError => {
  const { code, reason } = reported(status)
  return closed(code, reason)
}

const closed = (code: number, closeReason: string): Socket.SocketCloseError =>
  new Socket.SocketCloseError({ reason: "Close", code, closeReason })
