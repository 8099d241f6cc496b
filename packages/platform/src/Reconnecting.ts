/**
 * A connection that survives its connections: when one ends, the next is opened, as long as it is worth it and a `Schedule` says
 * when. In: an Effect that opens one, run anew for each attempt (so that a token in it is fresh). Out: one value to read from and
 * to send to, and a Stream of what state it is in.
 *
 * It knows no URLs, and nothing of what is said: what has to be sent first on each connection (a sign-in, subscriptions) is part
 * of the Effect that opens it. What was sent and had not arrived when a connection broke is lost, as the peer alone knows what
 * has arrived.
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
   * When to try again; what ended is its input. It starts anew after a connection that lasted. A pause is at least a millisecond,
   * whatever it says. Default {@link schedule}.
   */
  readonly schedule?: Schedule.Schedule<unknown, Ending<E>, R> | undefined
  /**
   * How long a server's `Retry-After` may have us wait, where that is longer than the schedule would: a server that asks for a year
   * does not silence us for one: 0 to 24.8 days. Default 30 seconds, the longest pause of {@link schedule}; 0 ignores the header.
   */
  readonly maxRetryAfter?: Duration.DurationInput | undefined
  /** Whether to try again. Default {@link worthwhile}. */
  readonly while?: ((ending: Ending<E>) => boolean) | undefined
  /** Default "wait". */
  readonly whileDown?: W | undefined
  /**
   * A connection that was open for so long has lasted: then the schedule starts anew. One that is accepted and dropped at once
   * has not, or else a server in trouble would be asked ever again without a pause. 0 to 24.8 days, or infinite: the schedule
   * never starts anew. Default 5 seconds.
   */
  readonly lasting?: Duration.DurationInput | undefined
  /** How often to measure the latency while it is open, besides once at the beginning: 1 ms to 24.8 days. Default never. */
  readonly measureEvery?: Duration.DurationInput | undefined
}

/**
 * What the options may be that are no functions.
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
 * What sending can fail with.
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
  /** The present state and all that follow; ends behind `Closed`. */
  readonly states: Stream.Stream<State<E, Connection<M>>>
  /**
   * The next message, of whichever connection. What a connection received is given to the last before anything of the next.
   * Several may read, each message goes to exactly one. While nobody reads, the messages of the last four connections are kept.
   */
  readonly receive: Effect.Effect<M, Stopped>
  /**
   * As {@link receive}. Completes when it was closed by us, or by the peer with 1000, 1001 or no code (and that was not worth
   * another attempt); fails otherwise.
   */
  readonly messages: Stream.Stream<M, Stopped>
  /** Accepts one message, in the order of calls, as a connection does; while there is none, see {@link WhileDown}. */
  readonly send: (message: Outgoing) => Effect.Effect<void, SendError<W>>
  /** The connection that is open, once there is one. It may end at any time. */
  readonly connection: Effect.Effect<Connection<M>, Stopped>
  /** Ends the waiting: tries again at once. For when the network is known to be back; a {@link RetrySignal} does so by itself. */
  readonly retryNow: Effect.Effect<void>
  /** Closes for good, with 1000 unless said otherwise, and waits until it is. */
  readonly close: {
    (): Effect.Effect<Ending<E>>
    (code: number, reason?: string): Effect.Effect<Ending<E>, InvalidClose>
  }
  /** How it ended for good. */
  readonly ending: Effect.Effect<Ending<E>>
}

/**
 * Exponential from half a second to 30 seconds, and of that a random half to whole: clients that lost the same server do not
 * come back all at once. For ever.
 *
 * @since 0.1.0
 * @category schedules
 */
export const schedule: Schedule.Schedule<unknown> = Schedule.jitteredWith(
  Schedule.addDelay(Schedule.forever, (attempt) => Math.min(500 * 2 ** attempt, 30_000)),
  { min: 0.5, max: 1 }
)

/**
 * `isRetryable` where there is an outcome or a `HandshakeError`; any other failure of opening (the token could not be had) is
 * worth another attempt.
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
 * Keeps a connection, until the scope closes: then it is closed with 1001. Its messages are those of the connections: text is
 * `TextBytes` if they are opened with `incoming: "bytes"`. `connect` opens one in the scope it is given, for
 * each attempt; a defect of it ends everything, and is a defect of those who read and send. Dies of an `InvalidOption`.
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
