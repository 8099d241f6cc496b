/**
 * A call of `serveMessages`: a connection has neither a fiber nor a Scope while there is nothing to handle.
 */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import type { ConnectionError } from "@effect-ws/connection/ConnectionError"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type { AnyMessage } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { done } from "../internal/userFunctions.js"
import * as log from "../logging/log.js"
import type { MessageHooks } from "../WebSocketServer.js"
import * as answers from "./answers.js"
import { conclude, startToLeave } from "./conclusion.js"
import { messageHooks } from "./options.js"
import { interrupted, ServeCall, type Served } from "./ServeCall.js"
import type { Server } from "./Server.js"
import type { Upgrade } from "./upgrade.js"

export type MessageHandler<E, R, M extends AnyMessage> = (
  connection: Connection.Connection<M>,
  message: M
) => Effect.Effect<unknown, E, R> | void

/** `I` is "whole" where nothing is given, as the defaults of `MessageHooks` have it. */
function incomingOf<I>(hooks: { readonly incoming?: I | undefined }): I
function incomingOf(hooks: object): unknown {
  return InvalidOption.read(messageHooks, hooks).incoming
}

export class MessageCall<A, E, R, R2, I extends Connection.IncomingWhole> extends ServeCall {
  readonly hooks: MessageHooks<A, E, R2, I>
  private readonly make: answers.Make<Connection.Connection<Connection.MessageFor<I>>>

  constructor(
    readonly server: Server,
    readonly runtime: Runtime.Runtime<R | R2>,
    readonly handler: MessageHandler<E, R, Connection.MessageFor<I>>,
    hooks: MessageHooks<A, E, R2, I>
  ) {
    super()
    this.hooks = { ...hooks } // as they are now: a getter is asked once
    const incoming = incomingOf(this.hooks)
    this.make = (transport, host, agreed) => Hosting.unsafeMake(transport, host, { ...agreed, incoming })
  }

  take(upgrade: Upgrade): void {
    const { server } = this
    const runtime = server.telemetry?.began(upgrade, this.runtime) ?? this.runtime
    this.decide(upgrade, this.hooks.accept, { runtime }, (decided) => {
      const answered = answers.answer(server, upgrade, decided, this.make)
      if (answered !== undefined) new MessageConnection(this, answered.connection).start(answered.accepted)
    })
  }
}

class MessageConnection<A, E, R, R2, I extends Connection.IncomingWhole> implements Served {
  private stop: Effect.Effect<void> = Effect.void
  private done = false
  private outcome: CloseOutcome | undefined = undefined

  constructor(
    private readonly call: MessageCall<A, E, R, R2, I>,
    readonly connection: Connection.Connection<Connection.MessageFor<I>>
  ) {}

  start(accepted: A): void {
    const { call, connection } = this
    call.served.add(this)
    Hosting.listen(connection, (outcome) => {
      this.outcome = outcome
      call.server.closed(connection, outcome)
      this.leaveIfOver()
    })
    try {
      const opened = call.hooks.onOpen?.(connection, accepted)
      done("onOpen", opened, (reason) => this.conclude(Exit.die(reason)))
    } catch (defect) {
      return this.onDone(Exit.die(defect))
    }
    this.stop = Hosting.unsafeRun(connection, call.runtime, call.handler, (exit) => this.onDone(exit))
  }

  get shutdown(): Effect.Effect<unknown> {
    const { call, connection } = this
    const { hooks, server } = call
    const stopped = Effect.flatMap(this.stop, () => {
      this.done = true
      this.leaveIfOver()
      return conclude(connection, interrupted, undefined, call.interruptedWith, server.settings.primitives)
    })
    if (hooks.onShutdown !== "closeFirst") return stopped
    return Effect.zipRight(startToLeave(connection, call.interruptedWith), stopped)
  }

  private onDone(exit: Exit.Exit<unknown, E | ConnectionError>): void {
    this.done = true
    this.leaveIfOver()
    if (Exit.isFailure(exit)) this.conclude(exit)
  }

  private conclude(exit: Exit.Exit<unknown, E | ConnectionError>): void {
    const { call, connection } = this
    const { hooks, runtime, server } = call
    Runtime.runFork(runtime)(
      conclude(connection, exit, hooks.closeOnFailure, call.interruptedWith, server.settings.primitives)
    )
  }

  /** Once there is an outcome, and no message is handled any more. */
  private leaveIfOver(): void {
    const { call: { hooks, served, server }, connection, outcome } = this
    if (!this.done || outcome === undefined || !served.delete(this)) return
    const failed = (defect: unknown): void => server.log(log.failure(connection, Cause.die(defect)))
    try {
      done("onClose", hooks.onClose?.(connection, outcome), failed)
    } catch (defect) {
      failed(defect)
    }
  }
}
