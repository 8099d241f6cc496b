/**
 * A connection that reconnects: when one connection ends, it opens the next, if that is worthwhile and when a `Schedule` says. In: an
 * Effect that opens a connection, run again for each attempt (so that a token in it is fresh). Out: one value to read from and send
 * to, and a Stream of its states.
 *
 * It knows neither URLs nor what messages say: what each connection must send first (a sign-in, subscriptions) is part of the Effect
 * that opens it. Messages that had not arrived when a connection broke are lost, since only the peer knows what has arrived.
 *
 * @since 0.1.0
 */
import * as OptionTable from "@effect-ws/codec/Options"
import type { Connection } from "@effect-ws/connection/Connection"
import type { InvalidClose } from "@effect-ws/connection/ConnectionError"
import { duration, optionalDuration, read } from "@effect-ws/connection/InvalidOption"
import type { AnyMessage, Message, Outgoing } from "@effect-ws/connection/Message"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { HandshakeError } from "./HandshakeError.js"
import { keep } from "./reconnecting/keep.js"
import * as KeptConnection from "./reconnecting/KeptConnection.js"
import { type Down, type Ending, State, type Stopped, type WhileDown } from "./reconnecting/model.js"
import { isRetryable } from "./Retryable.js"
import { RetrySignal } from "./RetrySignal.js"

export { Down, Ending, State, Stopped, type WhileDown } from "./reconnecting/model.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<E, W extends WhileDown = "wait", R = never> {
  /**
   * When to try again; its input is the `Ending`. It restarts after a connection that lasted. Every pause is at least 1 ms. Default
   * {@link schedule}.
   */
  readonly schedule?: Schedule.Schedule<unknown, Ending<E>, R> | undefined
  /**
   * How long a server's `Retry-After` may make us wait, where the schedule waits less: no server can silence us for a year. 0 to 24.8
   * days. Default 30 seconds, the longest pause of {@link schedule}; 0 ignores the header.
   */
  readonly maxRetryAfter?: Duration.DurationInput | undefined
  /** Whether to try again. Default {@link worthwhile}. */
  readonly while?: ((ending: Ending<E>) => boolean) | undefined
  /** What happens to messages sent while there is no connection. Default "wait". */
  readonly whileDown?: W | undefined
  /**
   * How long a connection must be open for the schedule to restart. A connection that is accepted and dropped at once does not restart
   * it, or else a server in trouble would be asked again and again without a pause. 0 to 24.8 days, or infinite: the schedule never
   * restarts. Default 5 seconds.
   */
  readonly lasting?: Duration.DurationInput | undefined
  /** How often to measure the latency of an open connection, besides once at the beginning: 1 ms to 24.8 days. Default: never. */
  readonly measureEvery?: Duration.DurationInput | undefined
}

/**
 * The rules for the options that are not functions.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly maxRetryAfter: Duration.Duration
  readonly whileDown: WhileDown
  readonly lasting: Duration.Duration
  readonly measureEvery: Duration.Duration | undefined
}> = {
  maxRetryAfter: duration({ default: "30 seconds" }),
  whileDown: OptionTable.oneOf(["wait", "fail", "drop"], { default: "wait" }),
  lasting: duration({ infinity: "the schedule never starts anew", default: "5 seconds" }),
  measureEvery: optionalDuration({ least: 1 })
}

/**
 * The errors of sending.
 *
 * @since 0.1.0
 * @category models
 */
export type SendError<W extends WhileDown> = Stopped | (W extends "fail" ? Down : never)

/**
 * @since 0.1.0
 * @category models
 */
export interface Reconnecting<E, W extends WhileDown = "wait", M extends AnyMessage = Message> {
  readonly state: Effect.Effect<State<E, Connection<M>>>
  /** The present state and all later ones; ends after `Closed`. */
  readonly states: Stream.Stream<State<E, Connection<M>>>
  /**
   * The next message, from any of the connections: first all that one received, then those of the next. There may be several readers;
   * each message goes to exactly one. While nobody reads, the messages of the last four connections are kept.
   */
  readonly receive: Effect.Effect<M, Stopped>
  /**
   * All messages, as {@link receive} gives them. Completes when we closed, or when the peer closed with 1000, 1001 or no code (and
   * that was not worth another attempt); fails otherwise.
   */
  readonly messages: Stream.Stream<M, Stopped>
  /** Accepts one message, in the order of calls, as a connection does. While there is no connection, see {@link WhileDown}. */
  readonly send: (message: Outgoing) => Effect.Effect<void, SendError<W>>
  /** Waits for an open connection and gives it. It may end at any time. */
  readonly connection: Effect.Effect<Connection<M>, Stopped>
  /** Ends a pause and tries again at once, for when you know that the network is back. A {@link RetrySignal} does so by itself. */
  readonly retryNow: Effect.Effect<void>
  /** Closes for good, by default with 1000, and waits until it is closed. */
  readonly close: {
    (): Effect.Effect<Ending<E>>
    (code: number, reason?: string): Effect.Effect<Ending<E>, InvalidClose>
  }
  /** Waits for the final end, and gives it. */
  readonly ending: Effect.Effect<Ending<E>>
}

/**
 * Pauses that grow exponentially from half a second to 30 seconds, each multiplied by a random factor from one half to one, so that
 * clients that lost the same server do not all come back at once. It never ends.
 *
 * @since 0.1.0
 * @category schedules
 */
export const schedule: Schedule.Schedule<unknown> = Schedule.jitteredWith(
  Schedule.addDelay(Schedule.forever, (attempt) => Math.min(500 * 2 ** attempt, 30_000)),
  { min: 0.5, max: 1 }
)

/**
 * Whether another attempt is worthwhile: `isRetryable` for an outcome or a `HandshakeError`; yes for any other failure of opening (a
 * token could not be fetched).
 *
 * @since 0.1.0
 * @category schedules
 */
export const worthwhile = (ending: Ending<unknown>): boolean => {
  switch (ending._tag) {
    case "Ended":
      return isRetryable(ending.outcome)
    case "NotOpened":
      return !(ending.error instanceof HandshakeError) || isRetryable(ending.error)
    case "Abandoned":
      return false
  }
}

/**
 * Keeps a connection until the scope closes, which closes it with 1001. `connect` opens one for each attempt, in the scope that it is
 * given. A defect of it ends everything, and is a defect for those who read and send. If it opens with `incoming: "bytes"`, text comes
 * as `TextBytes`. Dies of an `InvalidOption`.
 *
 * @example
 * import * as Reconnecting from "@effect-ws/platform/Reconnecting"
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * declare const token: Effect.Effect<string>
 *
 * const program = Effect.gen(function*() {
 *   const prices = yield* Reconnecting.make(Effect.gen(function*() {
 *     const connection = yield* WebSocketClient.connect(`wss://a.example/prices?token=${yield* token}`)
 *     yield* connection.send("subscribe EUR/USD")
 *     return connection
 *   }))
 *   yield* Stream.runForEach(prices.messages, (message) => Effect.log(message))
 * })
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E, R, W extends WhileDown = "wait", R2 = never, M extends AnyMessage = Message>(
  connect: Effect.Effect<Connection<M>, E, R>,
  given: Options<E, W, R2> = {}
): Effect.Effect<Reconnecting<E, W, M>, never, Exclude<R, Scope.Scope> | R2 | Scope.Scope> =>
  Effect.gen(function*() {
    const { lasting, maxRetryAfter, measureEvery, whileDown } = read(options, given)
    const signal = yield* Effect.serviceOption(RetrySignal)
    const kept = yield* KeptConnection.make<E, M>(
      Option.match(signal, { onNone: () => Effect.never, onSome: ({ next }) => next })
    )
    const fiber = yield* Effect.forkScoped(Effect.interruptible(keep(kept, connect, {
      schedule: given.schedule ?? schedule,
      isWorthwhile: given.while ?? worthwhile,
      lasting,
      maxRetryAfter,
      measureEvery
    })))
    function close(): Effect.Effect<Ending<E>>
    function close(code: number, reason?: string): Effect.Effect<Ending<E>, InvalidClose>
    function close(code: number = 1000, reason: string = ""): Effect.Effect<Ending<E>, InvalidClose> {
      return kept.close(fiber, code, reason)
    }
    function send(message: Outgoing): Effect.Effect<void, SendError<W>>
    function send(message: Outgoing): Effect.Effect<void, Stopped | Down> {
      return kept.send(message, whileDown)
    }
    return {
      state: SubscriptionRef.get(kept.state),
      states: Stream.takeUntil(kept.state.changes, State.$is("Closed")),
      receive: kept.sequence.receive,
      messages: kept.sequence.messages,
      send,
      connection: kept.connection,
      retryNow: Effect.sync(() => kept.wake()),
      close,
      ending: Deferred.await(kept.ending)
    }
  })
