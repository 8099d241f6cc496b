/**
 * A kept connection as its user sees it. In: the steps of the loop, and the user's calls. Out: the state, the messages of all connections,
 * and for each sent message whether it was accepted.
 *
 * It decides nothing about attempts: see `keep`.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Primitives from "@effect-ws/codec/Primitives"
import { describe } from "@effect-ws/connection/CloseDescription"
import { type Connection } from "@effect-ws/connection/Connection"
import { InvalidClose } from "@effect-ws/connection/ConnectionError"
import type { AnyMessage, Outgoing } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { ConnectionSequence } from "./ConnectionSequence.js"
import { Down, Ending, State, Stopped, type WhileDown } from "./model.js"
import { WaitingSenders } from "./WaitingSenders.js"

/** What there is to send on. `State`, which the user sees, says more, and later. */
type Phase<E, M extends AnyMessage> =
  /** Nothing: no connection yet, or the last one ended, or the last attempt failed. */
  | { readonly _tag: "Down"; readonly ending: Ending<E> }
  /** A connection; it may have ended without our knowing yet. */
  | { readonly _tag: "Up"; readonly connection: Connection<M> }
  /** A connection whose scope closes: it has ended, or is being closed. */
  | { readonly _tag: "Leaving"; readonly connection: Connection<M> }
  /** Nothing any more. */
  | { readonly _tag: "Over"; readonly why: Effect.Effect<never, Stopped> }

/** `signal` ends a pause. */
export const make = <E, M extends AnyMessage>(signal: Effect.Effect<void>): Effect.Effect<KeptConnection<E, M>> =>
  Effect.zipWith(
    SubscriptionRef.make<State<E, Connection<M>>>(State.Connecting({ attempt: 1 })),
    Deferred.make<Ending<E>>(),
    (state, ending) => new KeptConnection(state, ending, signal)
  )

export class KeptConnection<E, M extends AnyMessage> {
  readonly sequence = new ConnectionSequence<Stopped, M>()
  private readonly senders = new WaitingSenders<Stopped>()
  private phase: Phase<E, M> = { _tag: "Down", ending: Ending.Abandoned() }
  /** Attempts since there last was a connection. */
  private attempt = 0
  isClosing = false
  /** Ends the pause, if there is one. */
  wake: () => void = () => {}

  constructor(
    readonly state: SubscriptionRef.SubscriptionRef<State<E, Connection<M>>>,
    readonly ending: Deferred.Deferred<Ending<E>>,
    private readonly signal: Effect.Effect<void>
  ) {}

  // -- the steps of the loop

  readonly enterConnecting: Effect.Effect<void> = Effect.suspend(() =>
    SubscriptionRef.set(this.state, State.Connecting({ attempt: ++this.attempt }))
  )

  enterOpen(connection: Connection<M>): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.attempt = 0
      this.phase = { _tag: "Up", connection }
      this.sequence.add(connection)
      return SubscriptionRef.set(this.state, State.Open({ connection, latency: Option.none() }))
    })
  }

  /** The connection's scope closes. */
  leaveOpen(): void {
    if (this.phase._tag === "Up") this.phase = { _tag: "Leaving", connection: this.phase.connection }
  }

  /** An attempt or a connection has ended. */
  fell(ending: Ending<E>): void {
    this.phase = { _tag: "Down", ending }
  }

  enterWaiting(pause: Duration.Duration): Effect.Effect<void> {
    return Effect.flatMap(DateTime.now, (now) =>
      SubscriptionRef.set(
        this.state,
        State.Waiting({ until: DateTime.addDuration(now, pause), attempt: this.attempt + 1, after: this.latest })
      ))
  }

  private get latest(): Ending<E> {
    switch (this.phase._tag) {
      case "Down":
        return this.phase.ending
      case "Up":
      case "Leaving":
        return Option.match(this.phase.connection.currentOutcome, {
          onNone: () => Ending.Abandoned(),
          onSome: (outcome) => Ending.Ended({ outcome })
        })
      case "Over":
        return Ending.Abandoned()
    }
  }

  /** For good; interrupted when the scope closes, or by {@link close} while there is no connection. */
  stop(exit: Exit.Exit<Ending<E>>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const isDefect = Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
      const ending = Exit.isSuccess(exit) ? exit.value : this.phase._tag === "Down" ? Ending.Abandoned() : this.latest
      const why = isDefect ? Effect.failCause(exit.cause) : Effect.fail(new Stopped({ ending }))
      this.phase = { _tag: "Over", why }
      this.senders.end(why)
      this.sequence.end(why, !isDefect && isNormal(ending))
      Deferred.unsafeDone(this.ending, isDefect ? Effect.failCause(exit.cause) : Effect.succeed(ending))
      return SubscriptionRef.set(this.state, State.Closed({ ending }))
    })
  }

  /** Waits until somebody, or a signal, wakes us. */
  get woken(): Effect.Effect<void> {
    return Effect.raceFirst(this.called, this.signal)
  }

  private readonly called: Effect.Effect<void> = Effect.async((resume) => {
    this.wake = () => resume(Effect.void)
    return Effect.sync(() => {
      this.wake = () => {}
    })
  })

  /** Sends for those who waited for this connection. */
  sendWaiting(connection: Connection<M>): Effect.Effect<void> {
    return this.senders.serve(connection)
  }

  measure(connection: Connection<M>, every: Duration.Duration | undefined): Effect.Effect<void> {
    const once = Effect.flatMap(
      connection.ping,
      (latency) =>
        this.phase._tag === "Up" && this.phase.connection === connection
          ? SubscriptionRef.set(this.state, State.Open({ connection, latency: Option.some(latency) }))
          : Effect.void
    ).pipe(Effect.catchTag("PingTimeout", () => Effect.void)) // the next may be answered
    return Effect.ignore(every === undefined ? once : Effect.repeat(once, Schedule.spaced(every)))
  }

  // -- what its user does

  readonly connection: Effect.Effect<Connection<M>, Stopped> = Effect.suspend(() => {
    switch (this.phase._tag) {
      case "Over":
        return this.phase.why
      case "Up":
        return Effect.succeed(this.phase.connection)
      case "Down":
      case "Leaving":
        return this.sequence.upcoming
    }
  })

  send(message: Outgoing, whileDown: WhileDown): Effect.Effect<void, Stopped | Down> {
    return Effect.suspend(() => {
      switch (this.phase._tag) {
        case "Over":
          return this.phase.why
        case "Up":
          return this.sendOn(this.phase.connection, message, whileDown)
        case "Down":
        case "Leaving":
          return this.withoutConnection(message, whileDown)
      }
    })
  }

  private sendOn(
    connection: Connection<M>,
    message: Outgoing,
    whileDown: WhileDown
  ): Effect.Effect<void, Stopped | Down> {
    // On one that the peer has closed already, what is sent now would reach nobody; and those who wait come first.
    const sent = connection.isOpen && this.senders.isEmpty ? connection.trySend(message) : "closed"
    switch (sent) {
      case "accepted":
        return Effect.void
      case "full":
        return Effect.catchTag(
          connection.send(message),
          "ConnectionClosed",
          () => this.withoutConnection(message, whileDown)
        )
      case "closed":
        return this.withoutConnection(message, whileDown)
    }
  }

  private withoutConnection(message: Outgoing, whileDown: WhileDown): Effect.Effect<void, Stopped | Down> {
    switch (whileDown) {
      case "wait":
        return this.senders.wait(message)
      case "fail":
        return Effect.fail(new Down())
      case "drop":
        return Effect.void
    }
  }

  close(fiber: Fiber.RuntimeFiber<void>, code: number, reason: string): Effect.Effect<Ending<E>, InvalidClose> {
    return Effect.suspend(() => {
      const problem = CloseStatus.check(Primitives.utf8, code, reason)
      if (problem !== undefined) return Effect.fail(new InvalidClose({ code, reason, problem }))
      this.isClosing = true
      const closing = this.phase._tag === "Up"
        ? this.phase.connection.close(code, reason)
        : Fiber.interruptFork(fiber)
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
      return describe(ending.outcome).isNormal
  }
}
