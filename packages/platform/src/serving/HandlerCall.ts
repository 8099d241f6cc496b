/**
 * A call of `serve`: each connection has a fiber, and a Scope of its own, from `accept` to the end of its handler. A handler that is just
 * `connection.run` has neither until it needs them: when a message is handled by an Effect that takes time.
 */
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Connecting from "../host/Connecting.js"
import { OwnScope } from "../internal/scopes.js"
import * as log from "../logging/log.js"
import type { Accepted, Refusal, ServeOptions } from "../WebSocketServer.js"
import * as answers from "./answers.js"
import { conclude, startToLeave } from "./conclusion.js"
import { interrupted, ServeCall, type Served } from "./ServeCall.js"
import type { Server } from "./Server.js"
import type { Upgrade } from "./upgrade.js"

export class HandlerCall<A, E, R, R2, I extends Connection.Incoming> extends ServeCall {
  readonly options: ServeOptions<A, E, R, R2, I>
  private readonly make: answers.Make<Connection.ConnectionFor<I>>

  constructor(
    readonly server: Server,
    readonly runtime: Runtime.Runtime<Exclude<R | R2, Scope.Scope>>,
    options: ServeOptions<A, E, R, R2, I>
  ) {
    super()
    this.options = { ...options } // as they are now: a getter is asked once
    const incoming = incomingOf(this.options)
    this.make = (transport, host, agreed) => Hosting.unsafeMake(transport, host, { ...agreed, incoming })
  }

  take(upgrade: Upgrade): void {
    const scope = new OwnScope<R | R2>(this.server.telemetry?.began(upgrade, this.runtime) ?? this.runtime)
    this.decide(upgrade, this.options.accept, scope, (decided) => this.open(upgrade, decided, scope))
  }

  private open(upgrade: Upgrade, decided: Exit.Exit<Accepted<A>, Refusal>, scope: OwnScope<R | R2>): void {
    const { server } = this
    let answered: answers.AcceptedConnection<A, Connection.ConnectionFor<I>> | undefined
    answers.guard(server, upgrade, () => {
      answered = answers.answer(server, upgrade, decided, this.make)
    })
    if (answered !== undefined) {
      return new HandledConnection(this, answered.connection, scope).start(answered.accepted)
    }
    const closing = scope.close(decided)
    if (closing === undefined) return
    Runtime.runFork(this.runtime)(
      Effect.catchAllCause(closing, (cause) => log.fault("A finalizer of a WebSocket upgrade failed", cause))
    )
  }
}

/** `I` is "whole" where nothing is given, as the defaults of `ServeOptions` have it. */
function incomingOf<I>(options: { readonly incoming?: I | undefined }): I
function incomingOf(options: object): unknown {
  return InvalidOption.read(judged, options).incoming
}

/** What is judged of `ServeOptions`. */
const judged = { incoming: Connecting.options.incoming }

class HandledConnection<A, E, R, R2, I extends Connection.Incoming> implements Served, Hosting.Runner<E, R | R2> {
  /** The fiber of the handler, then the one that closes its scope, and then, if it failed, the one that closes and logs. */
  private fiber: Fiber.RuntimeFiber<unknown> | undefined = undefined
  /** Stops a handler that runs without a fiber. */
  private stop: Effect.Effect<void> | undefined = undefined
  private handled = false

  constructor(
    private readonly call: HandlerCall<A, E, R, R2, I>,
    readonly connection: Connection.ConnectionFor<I>,
    private readonly scope: OwnScope<R | R2>
  ) {}

  start(accepted: A): void {
    const { call: { served, server }, connection } = this
    served.add(this)
    Hosting.listen(connection, (outcome) => server.closed(connection, outcome))
    const handling = this.handlingOf(accepted)
    const stop = Hosting.unsafeStart(handling, this)
    if (stop === undefined) this.watch(Runtime.runFork(this.runtime)(Effect.exit(handling)))
    else if (!this.handled) this.stop = stop
  }

  private handlingOf(accepted: A): Effect.Effect<unknown, E, R | R2> {
    try {
      return Hosting.asEffect(this.call.options.handler(this.connection, accepted))
    } catch (defect) {
      return Effect.die(defect)
    }
  }

  private watch(fiber: Fiber.RuntimeFiber<Exit.Exit<unknown, E>>): void {
    this.fiber = fiber
    fiber.addObserver((exit) => this.onDone(Exit.flatten(exit)))
  }

  get runtime(): Runtime.Runtime<R | R2> {
    return this.scope.runtime
  }

  /** Closes the scope in a fiber of its own: closing it in the handler's fiber would cost an idle one 1 kB. */
  onDone(exit: Exit.Exit<unknown, E>): void {
    this.handled = true
    this.stop = undefined
    const closing = this.scope.close(exit)
    if (closing === undefined) return this.onClosed(exit)
    const fiber = Runtime.runFork(this.call.runtime)(Effect.uninterruptible(Effect.exit(closing)))
    this.fiber = fiber
    fiber.addObserver((closed) => this.onClosed(Exit.zipLeft(exit, Exit.flatten(closed))))
  }

  /** A handler that succeeded leaves no fiber behind to wait for the outcome. */
  private onClosed(exit: Exit.Exit<unknown, E>): void {
    const { call, connection } = this
    const { options, runtime, served, server } = call
    if (Exit.isSuccess(exit)) {
      this.fiber = undefined
      Hosting.startClose(connection)
      return Hosting.listen(connection, () => served.delete(this))
    }
    const fiber = Runtime.runFork(runtime)(
      Effect.uninterruptible(
        conclude(connection, exit, options.closeOnFailure, call.interruptedWith, server.settings.primitives)
      )
    )
    this.fiber = fiber
    fiber.addObserver(() => served.delete(this))
  }

  private get ended(): Effect.Effect<unknown> {
    return this.fiber === undefined ? this.connection.outcome : Fiber.await(this.fiber)
  }

  private interrupt(): void {
    const { stop } = this
    this.stop = undefined
    if (stop === undefined) return this.fiber?.unsafeInterruptAsFork(FiberId.none)
    const stopped = Effect.uninterruptible(Effect.as(stop, interrupted))
    this.watch(Runtime.runFork(this.call.runtime)(stopped))
  }

  /** Interrupts, which closes with `closeOnShutdown`: after what the handler's finalizers send, unless the Close must come first. */
  get shutdown(): Effect.Effect<unknown> {
    const concluded: Effect.Effect<unknown> = Effect.suspend(() =>
      this.call.served.has(this) ? Effect.flatMap(this.ended, () => concluded) : Effect.void
    )
    const stopped = Effect.suspend(() => {
      this.interrupt()
      return concluded
    })
    return this.call.options.onShutdown === "closeFirst"
      ? Effect.zipRight(startToLeave(this.connection, this.call.interruptedWith), stopped)
      : stopped
  }
}
