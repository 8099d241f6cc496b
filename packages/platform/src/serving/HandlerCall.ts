/**
 * A call of `serve`: each connection has a fiber and a Scope of its own, from `accept` to the end of its handler.
 */
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Connecting from "../host/Connecting.js"
import { runtimeWith } from "../internal/scopes.js"
import * as log from "../logging/log.js"
import type { Accepted, Refusal, ServeOptions } from "../WebSocketServer.js"
import * as answers from "./answers.js"
import { conclude, startToLeave } from "./conclusion.js"
import { ServeCall, type Served } from "./ServeCall.js"
import type { Server } from "./Server.js"
import type { Upgrade } from "./upgrade.js"

export class HandlerCall<A, E, R, R2, I extends Connection.Incoming> extends ServeCall {
  readonly options: ServeOptions<A, E, R, R2, I>
  private readonly incoming: I

  constructor(
    readonly server: Server,
    readonly runtime: Runtime.Runtime<Exclude<R | R2, Scope.Scope>>,
    options: ServeOptions<A, E, R, R2, I>
  ) {
    super()
    this.options = { ...options } // as they are now: a getter is asked once
    this.incoming = incomingOf(this.options)
  }

  take(upgrade: Upgrade): void {
    const scope = Effect.runSync(Scope.make())
    // By the runtime rather than by `Effect.scoped`, whose frames cost an idle fiber 4 kB.
    const scoped = runtimeWith<R | R2>(this.runtime, scope)
    const runtime = this.server.telemetry?.began(upgrade, scoped) ?? scoped
    this.decide(upgrade, this.options.accept, runtime, (decided) => this.open(upgrade, decided, scope, runtime))
  }

  private open(
    upgrade: Upgrade,
    decided: Exit.Exit<Accepted<A>, Refusal>,
    scope: Scope.CloseableScope,
    runtime: Runtime.Runtime<R | R2>
  ): void {
    const { server } = this
    let answered: answers.AcceptedConnection<A, I> | undefined
    answers.guard(server, upgrade, () => {
      answered = answers.answer(server, upgrade, decided, this.incoming)
    })
    if (answered !== undefined) {
      return new HandledConnection(this, answered.connection, scope).start(answered.accepted, runtime)
    }
    const closing = Effect.catchAllCause(
      Scope.close(scope, decided),
      (cause) => log.fault("A finalizer of a WebSocket upgrade failed", cause)
    )
    Runtime.runFork(this.runtime)(closing)
  }
}

/** `I` is "whole" where nothing is given, as the defaults of `ServeOptions` have it. */
function incomingOf<I>(options: { readonly incoming?: I | undefined }): I
function incomingOf(options: object): unknown {
  return InvalidOption.read(judged, options).incoming
}

/** What is judged of `ServeOptions`. */
const judged = { incoming: Connecting.options.incoming }

class HandledConnection<A, E, R, R2, I extends Connection.Incoming> implements Served {
  /** That of the handler, the one that closes its scope, and then, if it failed, the one that closes and says so. */
  private fiber: Fiber.RuntimeFiber<unknown> | undefined = undefined

  constructor(
    private readonly call: HandlerCall<A, E, R, R2, I>,
    readonly connection: Connection.ConnectionFor<I>,
    private readonly scope: Scope.CloseableScope
  ) {}

  start(accepted: A, runtime: Runtime.Runtime<R | R2>): void {
    const { call: { options, served, server }, connection } = this
    served.add(this)
    Hosting.listen(connection, (outcome) => server.closed(connection, outcome))
    const fiber = Runtime.runFork(runtime)(
      Effect.exit(Effect.suspend(() => Hosting.asEffect(options.handler(connection, accepted))))
    )
    this.fiber = fiber
    fiber.addObserver((exit) => this.onHandled(Exit.flatten(exit)))
  }

  /** In a fiber of its own: to close the scope in the handler's costs an idle one 1 kB. */
  private onHandled(exit: Exit.Exit<unknown, E>): void {
    const fiber = Runtime.runFork(this.call.runtime)(
      Effect.uninterruptible(Effect.exit(Scope.close(this.scope, exit)))
    )
    this.fiber = fiber
    fiber.addObserver((closed) => this.onDone(Exit.zipLeft(exit, Exit.flatten(closed))))
  }

  /** A handler that succeeded leaves no fiber behind to wait for the outcome. */
  private onDone(exit: Exit.Exit<unknown, E>): void {
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

  /** Interrupts, which closes with `closeOnShutdown`: behind what the handler's finalizers send, unless the Close is to come first. */
  get shutdown(): Effect.Effect<unknown> {
    const concluded: Effect.Effect<unknown> = Effect.suspend(() =>
      this.call.served.has(this) ? Effect.flatMap(this.ended, () => concluded) : Effect.void
    )
    const stopped = Effect.suspend(() => {
      this.fiber?.unsafeInterruptAsFork(FiberId.none)
      return concluded
    })
    return this.call.options.onShutdown === "closeFirst"
      ? Effect.zipRight(startToLeave(this.connection, this.call.interruptedWith), stopped)
      : stopped
  }
}
