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
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as OptionTable from "@effect-ws/codec/Options"
import * as Primitives from "@effect-ws/codec/Primitives"
import { describe as describeOutcome } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import { type Connection, isOpen } from "@effect-ws/connection/Connection"
import { InvalidClose } from "@effect-ws/connection/ConnectionError"
import { duration, optionalDuration, read } from "@effect-ws/connection/InvalidOption"
import type { Message, Outgoing } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { HandshakeError } from "./HandshakeError.js"
import { History } from "./internal/history.js"
import { Line } from "./internal/line.js"
import { synchronous } from "./internal/promises.js"
import { isRetryable, retryAfter } from "./Retryable.js"

/**
 * Why there is no connection any more, or none yet. `E` is what opening one can fail with.
 *
 * - `Ended`: there was one, and this is its outcome.
 * - `NotOpened`: the attempt failed.
 * - `Abandoned`: `close`, or the end of the scope, came when there was none.
 *
 * @since 0.1.0
 * @category models
 */
export type Ending<E> = Data.TaggedEnum<{
  Ended: { readonly outcome: CloseOutcome }
  NotOpened: { readonly error: E }
  Abandoned: {}
}>

interface EndingDefinition extends Data.TaggedEnum.WithGenerics<1> {
  readonly taggedEnum: Ending<this["A"]>
}

/**
 * Constructors, `Ending.$match` and `Ending.$is`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Ending = Data.taggedEnum<EndingDefinition>()

/**
 * What it is doing.
 *
 * - `Connecting`: the attempt of this number since there last was a connection, from 1.
 * - `Open`: with the round trip as it was last measured; none until the first pong has come.
 * - `Waiting`: for the next attempt, `until` then, since the last one (or the connection) ended so.
 * - `Closed`: for good.
 *
 * @since 0.1.0
 * @category models
 */
export type State<E> = Data.TaggedEnum<{
  Connecting: { readonly attempt: number }
  Open: { readonly connection: Connection; readonly latency: Option.Option<Duration.Duration> }
  Waiting: { readonly until: DateTime.Utc; readonly attempt: number; readonly after: Ending<E> }
  Closed: { readonly ending: Ending<E> }
}>

interface StateDefinition extends Data.TaggedEnum.WithGenerics<1> {
  readonly taggedEnum: State<this["A"]>
}

/**
 * Constructors, `State.$match` and `State.$is`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const State = Data.taggedEnum<StateDefinition>()

/**
 * What becomes of a message that is sent while there is no connection. It waits for the next, behind those that wait already;
 * or sending it fails with {@link Down}; or it is dropped, and sending it succeeds.
 *
 * @since 0.1.0
 * @category models
 */
export type WhileDown = "wait" | "fail" | "drop"

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
 * There is no connection at the moment, and nothing of the message was written.
 *
 * @since 0.1.0
 * @category errors
 */
export class Down extends Data.TaggedError("Down") {
  override get message(): string {
    return "nothing was sent: there is no connection at the moment; with whileDown: \"wait\" messages wait for the next"
  }
}

/**
 * There is no connection, and will be none any more. `ending` is what the last connection, or the last attempt, came to.
 *
 * @since 0.1.0
 * @category errors
 */
export class Stopped extends Data.TaggedError("Stopped")<{ readonly ending: Ending<unknown> }> {
  override get message(): string {
    return `there is no connection any more: ${describe(this.ending)}`
  }
}

const describe = (ending: Ending<unknown>): string => {
  switch (ending._tag) {
    case "Ended":
      return `the last one ended with ${ending.outcome._tag}`
    case "NotOpened":
      return ending.error instanceof Error ? ending.error.message : "the last attempt failed"
    case "Abandoned":
      return "it was closed"
  }
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
export interface Reconnecting<E, W extends WhileDown = "wait"> {
  readonly state: Effect.Effect<State<E>>
  /** The present state and all that follow; ends behind `Closed`. */
  readonly states: Stream.Stream<State<E>>
  /**
   * The next message, of whichever connection. What a connection received is given to the last before anything of the next.
   * Several may read, each message goes to exactly one. While nobody reads, the messages of the last four connections are kept.
   */
  readonly receive: Effect.Effect<Message, Stopped>
  /**
   * As {@link receive}. Completes when it was closed by us, or by the peer with 1000, 1001 or no code (and that was not worth
   * another attempt); fails otherwise.
   */
  readonly messages: Stream.Stream<Message, Stopped>
  /** Accepts one message, in the order of calls, as a connection does; while there is none, see {@link WhileDown}. */
  readonly send: (message: Outgoing) => Effect.Effect<void, SendError<W>>
  /** The connection that is open, once there is one. It may end at any time. */
  readonly connection: Effect.Effect<Connection, Stopped>
  /** Ends the waiting: tries again at once. For when the network is known to be back. */
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
 * Keeps a connection, until the scope closes: then it is closed with 1001. `connect` opens one in the scope it is given, for
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
export const make = <E, R, W extends WhileDown = "wait", R2 = never>(
  connect: Effect.Effect<Connection, E, R>,
  given: Options<E, W, R2> = {}
): Effect.Effect<Reconnecting<E, W>, never, Exclude<R, Scope.Scope> | R2 | Scope.Scope> =>
  Effect.gen(function*() {
    const settings = { ...given, ...read(options, given) }
    const keeper = new Keeper<E>(
      yield* SubscriptionRef.make<State<E>>(State.Connecting({ attempt: 1 })),
      yield* Deferred.make<Ending<E>>()
    )
    const fiber = yield* Effect.forkScoped(Effect.interruptible(keep(keeper, connect, settings)))
    function close(): Effect.Effect<Ending<E>>
    function close(code: number, reason?: string): Effect.Effect<Ending<E>, InvalidClose>
    function close(code: number = 1000, reason: string = ""): Effect.Effect<Ending<E>, InvalidClose> {
      return keeper.close(fiber, code, reason)
    }
    function send(message: Outgoing): Effect.Effect<void, SendError<W>>
    function send(message: Outgoing): Effect.Effect<void, Stopped | Down> {
      return keeper.send(message, settings.whileDown)
    }
    return {
      state: SubscriptionRef.get(keeper.state),
      states: Stream.takeUntil(keeper.state.changes, State.$is("Closed")),
      receive: keeper.receive,
      messages: keeper.history.messages,
      send,
      connection: keeper.connection,
      retryNow: Effect.sync(() => keeper.wake()),
      close,
      ending: Deferred.await(keeper.ending)
    }
  })

/** The options, judged. */
interface Settings<E, R> extends Pick<Options<E, WhileDown, R>, "schedule" | "while"> {
  readonly maxRetryAfter: Duration.Duration
  readonly lasting: Duration.Duration
  readonly measureEvery: Duration.Duration | undefined
}

/** Between two attempts. */
const shortest = Duration.millis(1)

/** One attempt after the other, and the pauses between them. */
const keep = <E, R, R2>(
  keeper: Keeper<E>,
  connect: Effect.Effect<Connection, E, R>,
  options: Settings<E, R2>
): Effect.Effect<void, never, Exclude<R, Scope.Scope> | R2> =>
  Effect.gen(function*() {
    const isWorthwhile = options.while ?? worthwhile
    const lasting = Duration.toMillis(options.lasting)
    const { maxRetryAfter } = options
    const driver = yield* Schedule.driver(Schedule.modifyDelayEffect(
      Schedule.passthrough(options.schedule ?? schedule),
      (ending, delay) =>
        Effect.gen(function*() {
          const error = ending._tag === "NotOpened" ? ending.error : undefined
          const asked = Duration.max(delay, yield* retryAfter(error, maxRetryAfter))
          // With no pause at all, an attempt that fails at once would let nothing else happen.
          const pause = Duration.max(asked, shortest)
          yield* keeper.enterWaiting(pause)
          return pause
        })
    ))
    for (;;) {
      yield* keeper.enterConnecting
      const ending = yield* Effect.scoped(once(keeper, connect, options.measureEvery))
      if (keeper.lastedFor >= lasting) yield* driver.reset
      if (keeper.isClosing || !synchronous("while", isWorthwhile(ending))) return ending
      const next = yield* Effect.either(Effect.raceFirst(driver.next(ending), keeper.woken))
      if (next._tag === "Left") return ending
    }
  }).pipe(
    Effect.onExit((exit) => keeper.stop(exit)),
    Effect.asVoid
  )

/** One attempt, and the connection that it gives, to its end. */
const once = <E, R>(
  keeper: Keeper<E>,
  connect: Effect.Effect<Connection, E, R>,
  measureEvery: Duration.DurationInput | undefined
): Effect.Effect<Ending<E>, never, R | Scope.Scope> =>
  Effect.matchEffect(connect, {
    onFailure: (error) => keeper.failed(error),
    onSuccess: (connection) =>
      Effect.gen(function*() {
        yield* Effect.acquireRelease(keeper.enterOpen(connection), () => Effect.sync(() => keeper.leaveOpen()))
        yield* Effect.forkScoped(keeper.serve(connection))
        yield* Effect.forkScoped(keeper.measure(connection, measureEvery))
        return keeper.ended(yield* connection.outcome, yield* Clock.currentTimeNanos)
      })
  })

class Keeper<E> {
  readonly history = new History<Stopped>()
  private readonly line = new Line<Stopped>()
  /** The open connection; it may have ended, and we not know yet. */
  private current: Connection | undefined = undefined
  private attempt = 0
  private openedAt = 0n
  /** Milliseconds that the last connection was open; 0 if the last attempt failed. */
  lastedFor = 0
  private last: { readonly connection: Connection } | { readonly ending: Ending<E> } = { ending: Ending.Abandoned() }
  isClosing = false
  wake: () => void = () => {}
  private stopped: Effect.Effect<never, Stopped> | undefined = undefined

  constructor(
    readonly state: SubscriptionRef.SubscriptionRef<State<E>>,
    readonly ending: Deferred.Deferred<Ending<E>>
  ) {}

  // -- states

  readonly enterConnecting: Effect.Effect<void> = Effect.suspend(() =>
    SubscriptionRef.set(this.state, State.Connecting({ attempt: ++this.attempt }))
  )

  enterOpen(connection: Connection): Effect.Effect<void> {
    return Effect.flatMap(Clock.currentTimeNanos, (now) => {
      this.openedAt = now
      this.attempt = 0
      this.current = connection
      this.last = { connection }
      this.history.add(connection)
      return SubscriptionRef.set(this.state, State.Open({ connection, latency: Option.none() }))
    })
  }

  leaveOpen(): void {
    this.current = undefined
  }

  enterWaiting(delay: Duration.Duration): Effect.Effect<void> {
    return Effect.flatMap(DateTime.now, (now) =>
      SubscriptionRef.set(
        this.state,
        State.Waiting({ until: DateTime.addDuration(now, delay), attempt: this.attempt + 1, after: this.latest })
      ))
  }

  ended(outcome: CloseOutcome, now: bigint): Ending<E> {
    this.lastedFor = Number((now - this.openedAt) / 1_000_000n)
    return this.note(Ending.Ended({ outcome }))
  }

  failed(error: E): Effect.Effect<Ending<E>> {
    return Effect.sync(() => {
      this.lastedFor = 0
      return this.note(Ending.NotOpened({ error }))
    })
  }

  private note(ending: Ending<E>): Ending<E> {
    this.last = { ending }
    return ending
  }

  private get latest(): Ending<E> {
    if ("ending" in this.last) return this.last.ending
    return Option.match(this.last.connection.currentOutcome, {
      onNone: () => Ending.Abandoned(),
      onSome: (outcome) => Ending.Ended({ outcome })
    })
  }

  /** For good; interrupted when the scope closes, or by {@link close} while there is no connection. */
  stop(exit: Exit.Exit<Ending<E>>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const isDefect = Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
      const ending = Exit.isSuccess(exit) ? exit.value : "connection" in this.last ? this.latest : Ending.Abandoned()
      const stopped = isDefect ? Effect.failCause(exit.cause) : Effect.fail(new Stopped({ ending }))
      this.stopped = stopped
      this.line.end(stopped)
      this.history.end(isDefect || !isNormal(ending) ? stopped : undefined)
      Deferred.unsafeDone(this.ending, isDefect ? Effect.failCause(exit.cause) : Effect.succeed(ending))
      return SubscriptionRef.set(this.state, State.Closed({ ending }))
    })
  }

  /** Until somebody wakes us. */
  readonly woken: Effect.Effect<void> = Effect.async((resume) => {
    this.wake = () => resume(Effect.void)
    return Effect.sync(() => {
      this.wake = () => {}
    })
  })

  /** What those sent who waited for this connection. */
  serve(connection: Connection): Effect.Effect<void> {
    return this.line.serve(connection)
  }

  measure(connection: Connection, every: Duration.DurationInput | undefined): Effect.Effect<void> {
    const once = Effect.flatMap(connection.ping, (latency) =>
      this.current === connection
        ? SubscriptionRef.set(this.state, State.Open({ connection, latency: Option.some(latency) }))
        : Effect.void).pipe(Effect.catchTag("PingTimeout", () => Effect.void)) // the next may be answered
    return Effect.ignore(every === undefined ? once : Effect.repeat(once, Schedule.spaced(every)))
  }

  // -- what its user does

  readonly receive: Effect.Effect<Message, Stopped> = Effect.suspend(() =>
    Effect.flatMap(this.history.receive, Option.match({ onNone: () => this.over, onSome: Effect.succeed }))
  )

  readonly connection: Effect.Effect<Connection, Stopped> = Effect.suspend(() => {
    if (this.stopped !== undefined) return this.stopped
    if (this.current !== undefined) return Effect.succeed(this.current)
    return Effect.flatMap(
      this.history.upcoming,
      Option.match({ onNone: () => this.over, onSome: (connection) => Effect.succeed(connection) })
    )
  })

  /** For those who find that it is over, and normally so. */
  private get over(): Effect.Effect<never, Stopped> {
    return this.stopped ?? Effect.fail(new Stopped({ ending: this.latest }))
  }

  send(message: Outgoing, whileDown: WhileDown): Effect.Effect<void, Stopped | Down> {
    return Effect.suspend(() => {
      if (this.stopped !== undefined) return this.stopped
      // On one that the peer has closed already, what is sent now would reach nobody.
      if (this.current === undefined || !isOpen(this.current) || !this.line.isEmpty) {
        return this.withoutConnection(message, whileDown)
      }
      switch (this.current.trySend(message)) {
        case "accepted":
          return Effect.void
        case "full":
          return Effect.catchTag(
            this.current.send(message),
            "ConnectionClosed",
            () => this.withoutConnection(message, whileDown)
          )
        case "closed":
          return this.withoutConnection(message, whileDown)
      }
    })
  }

  private withoutConnection(message: Outgoing, whileDown: WhileDown): Effect.Effect<void, Stopped | Down> {
    switch (whileDown) {
      case "wait":
        return this.line.wait(message)
      case "fail":
        return Effect.fail(new Down())
      case "drop":
        return Effect.void
    }
  }

  close(fiber: Fiber.RuntimeFiber<void>, code: number, reason: string): Effect.Effect<Ending<E>, InvalidClose> {
    return Effect.suspend(() => {
      const problem = CloseStatus.check(Primitives.plain, code, reason)
      if (problem !== undefined) return Effect.fail(new InvalidClose({ code, reason, problem }))
      this.isClosing = true
      const closing = this.current === undefined ? Fiber.interruptFork(fiber) : this.current.close(code, reason)
      return Effect.zipRight(closing, Deferred.await(this.ending))
    })
  }
}

/** As `messages` of a connection completes. */
const isNormal = (ending: Ending<unknown>): boolean => {
  switch (ending._tag) {
    case "Abandoned":
      return true
    case "NotOpened":
      return false
    case "Ended":
      return describeOutcome(ending.outcome).isNormal
  }
}
