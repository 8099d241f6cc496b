/**
 * What a host does with connections: make them on a transport, run them without fibers, listen for their end, and end them. Platform
 * packages call it; applications get connections from them.
 *
 * @since 0.1.0
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Runtime from "effect/Runtime"
import type { AbortReason, CloseOutcome } from "../CloseOutcome.js"
import {
  type Connection,
  type ConnectionFor,
  type Incoming,
  type IncomingWhole,
  type Lifecycle,
  type MessageFor,
  TypeId
} from "../Connection.js"
import type { ConnectionError } from "../ConnectionError.js"
import { asEffect as toEffect } from "../internal/asEffect.js"
import { type AnyMessage, type ByteMessage, type Message, weigh, weighFragment } from "../Message.js"
import type * as Protocol from "../Protocol.js"
import { Driver } from "../receiving/Driver.js"
import * as reading from "../receiving/readers.js"
import { FragmentConnection, WholeConnection } from "../shell/connections.js"
import type { Host, Options } from "./Host.js"
import type { Transport } from "./Transport.js"

export type { Runner } from "../receiving/readers.js"

/**
 * Makes a connection on a transport whose opening handshake is done. The caller must {@link shutdown} it.
 *
 * @since 0.1.0
 * @category constructors
 */
export function unsafeMake<I extends IncomingWhole>(
  transport: Transport,
  host: Host,
  options: Options<I>
): Connection<MessageFor<I>>
export function unsafeMake<I extends Incoming>(transport: Transport, host: Host, options: Options<I>): ConnectionFor<I>
export function unsafeMake(transport: Transport, host: Host, options: Options): Lifecycle {
  const connection = connectionOf(transport, host, options)
  transport.attach(connection)
  return connection
}

const connectionOf = (
  transport: Transport,
  host: Host,
  options: Options
): WholeConnection<Message> | WholeConnection<ByteMessage> | FragmentConnection => {
  const settings = settingsOf(host, options)
  switch (options.incoming) {
    case "whole":
      return new WholeConnection<Message>(transport, host, settings, weigh, options)
    case "bytes":
      return new WholeConnection<ByteMessage>(transport, host, settings, weigh, options)
    case "streamed":
      return new FragmentConnection(transport, host, settings, weighFragment, options)
  }
}

const settingsOf = (host: Host, options: Options): Protocol.Settings => ({
  role: host.role,
  primitives: host.receiving,
  maxMessageSize: host.limits.maxMessageSize,
  compression: options.compression !== undefined,
  incoming: options.incoming
})

/**
 * Runs a connection that nobody else runs, as {@link Connection.run} does, but with neither fiber nor Scope while there is nothing to
 * handle. `onDone` is called once, with the end. The Effect stops it, and waits until a running handler is interrupted.
 *
 * @since 0.1.0
 * @category running
 */
export const unsafeRun = <E, R, M extends AnyMessage = Message>(
  connection: Connection<M>,
  runtime: Runtime.Runtime<R>,
  handler: (connection: Connection<M>, message: M) => Effect.Effect<unknown, E, R> | void,
  onDone: (exit: Exit.Exit<void, ConnectionError | E>) => void
): Effect.Effect<void> => {
  const { inbox } = connection[TypeId]
  const driver = new Driver(inbox, {
    runtime,
    onMessage: (message) => handler(connection, message),
    onDone: (exit) => onDone(Exit.isFailure(exit) ? exit : reading.ending(inbox))
  })
  driver.start()
  return driver.stop
}

/**
 * Runs what a handler returned without a fiber, if possible: if it is just a `connection.run` of a connection that nobody else runs. As
 * {@link unsafeRun}, except that `runner` may make its runtime on demand. `undefined` means: run it as any other Effect.
 *
 * @since 0.1.0
 * @category running
 */
export const unsafeStart = <E, R>(
  effect: Effect.Effect<unknown, E, R>,
  runner: reading.Runner<E, R>
): Effect.Effect<void> | undefined => reading.isRun(effect) ? effect.start(runner) : undefined

/**
 * Takes what a user's function returned instead of an Effect: returns the Effect, or a defect for a Promise, whose rejection then does
 * no harm.
 *
 * @since 0.1.0
 * @category running
 */
export const asEffect: <A, E, R>(given: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = toEffect

/**
 * Calls `listener` once the connection has its outcome, at once if it has one already, without a waiting fiber. It must not throw.
 *
 * @since 0.1.0
 * @category closing
 */
export const listen = (connection: Lifecycle, listener: (outcome: CloseOutcome) => void): void =>
  connection[TypeId].listen(listener)

/**
 * Starts closing with 1000, as `connection.startClose` does, without a fiber.
 *
 * @since 0.1.0
 * @category closing
 */
export const startClose = (connection: Lifecycle): void => connection[TypeId].beginClose(CloseStatus.make(1000))

/**
 * Starts closing with a Close that is made to fit: a reason is cut to 123 bytes, an illegal code becomes 1011, and where a host takes no
 * code below 3000 except 1000, the RFC's codes are sent plus 3000: 1007 as 4007.
 *
 * @since 0.1.0
 * @category closing
 */
export const closeFitting = (connection: Lifecycle, status: CloseStatus.Status): void => {
  const controls = connection[TypeId]
  controls.beginClose(controls.fitted(status).status)
}

/**
 * Cuts the transport at once, for a reason of the host. Applications use `connection.abort`.
 *
 * @since 0.1.0
 * @category closing
 */
export const abort = (connection: Lifecycle, why: AbortReason): Effect.Effect<CloseOutcome> =>
  Effect.suspend(() => {
    connection[TypeId].cut(why)
    return connection.outcome
  })

/**
 * Closes with `status`, waits for the outcome for at most `grace`, and then cuts the transport: `Aborted`, with `why`. A `status` that
 * must not be sent is made to fit, and logged: an illegal code becomes 1011, and a reason is cut to 123 bytes. As a finalizer, this
 * cannot be interrupted: under `TestClock`, where `grace` passes only by `TestClock.adjust`, close the scope of a connection whose peer
 * does not answer in a fiber of its own.
 *
 * @since 0.1.0
 * @category closing
 */
export const shutdown = (
  connection: Lifecycle,
  { grace, status, why }: {
    readonly status: CloseStatus.CloseStatus
    readonly grace: Duration.DurationInput
    readonly why: AbortReason
  }
): Effect.Effect<CloseOutcome> =>
  Effect.suspend(() => {
    const remark = startToShut(connection, status)
    if (Option.isSome(connection.currentOutcome)) return connection.outcome
    // A daemon: an interruption that comes while a finalizer waits here would be passed on to children, and nothing be cut.
    const cut = Effect.interruptible(Effect.delay(abort(connection, why), grace))
    return Effect.flatMap(
      Effect.forkDaemon(cut),
      (timer) => Effect.zipRight(remark, Effect.zipLeft(connection.outcome, Fiber.interrupt(timer)))
    )
  })

/** What is to be said of what could not be sent. */
const startToShut = (connection: Lifecycle, status: CloseStatus.CloseStatus): Effect.Effect<void> => {
  const controls = connection[TypeId]
  if (status._tag === "Empty") {
    controls.beginClose(status)
    return Effect.void
  }
  const fitted = controls.fitted(status)
  controls.beginClose(fitted.status)
  return fitted.problems.length === 0 ? Effect.void : logUnsent(status.code, fitted)
}

/**
 * Logs a warning about a Close that could not be sent as given, for callers of `CloseStatus.fit`.
 *
 * @since 0.1.0
 * @category closing
 */
export const logUnsent = (code: number, { problems, rest, status }: CloseStatus.Fitted): Effect.Effect<void> =>
  Effect.annotateLogs(
    Effect.logWarning("A Close could not be sent as given (RFC 6455 §7.4, §5.5)"),
    {
      problems: problems.join(", "),
      givenCode: code,
      sentCode: status.code,
      sentReason: status.reason,
      ...(rest === "" ? {} : { unsentReason: rest.slice(0, mostLogged), unsentReasonLength: rest.length })
    }
  )

/** How much of a reason that was cut off is logged, in UTF-16 units. */
const mostLogged = 256
