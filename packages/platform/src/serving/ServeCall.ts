/**
 * A call of `serve` or `serveMessages`: its requests and connections, and how they end when the call does.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import { AbortReason } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type { Accept, Accepted, Refusal } from "../WebSocketServer.js"
import * as answers from "./answers.js"
import { goingAway } from "./conclusion.js"
import { decide, everybody } from "./decisions.js"
import type { Server } from "./Server.js"
import type { Upgrade } from "./upgrade.js"

/** A request or a connection of a call. */
export interface Served {
  readonly connection: Connection.Lifecycle | undefined
  /** Ends it, however long that takes. */
  readonly shutdown: Effect.Effect<unknown>
}

export abstract class ServeCall {
  abstract readonly server: Server
  readonly served = new Set<Served>()
  private isOver = false

  abstract take(upgrade: Upgrade): void

  /** The Close for a connection whose handler is interrupted: by the shutdown of the call, or by itself. */
  get interruptedWith(): CloseStatus.Status {
    return this.isOver ? CloseStatus.make(this.server.settings.closeOnShutdown) : goingAway
  }

  /** Asks `accept`, if there is one, until it has decided, the client leaves or the call is over. */
  protected decide<A, R>(
    upgrade: Upgrade,
    accept: Accept<A, R> | undefined,
    by: { readonly runtime: Runtime.Runtime<R> },
    onDecided: (decided: Exit.Exit<Accepted<A>, Refusal>) => void
  ): void {
    if (accept === undefined) return onDecided(everybody<A>())
    const decision = decide(accept, upgrade, this.server.settings.openTimeout)
    const fiber = Runtime.runFork(by.runtime)(Effect.uninterruptible(Effect.exit(Effect.interruptible(decision))))
    const request: Served = { connection: undefined, shutdown: Fiber.interrupt(fiber) }
    this.served.add(request)
    fiber.addObserver((exit) => {
      this.served.delete(request)
      answers.guard(this.server, upgrade, () => onDecided(this.isOver ? interrupted : Exit.flatten(exit)))
    })
    upgrade.watch(() => fiber.unsafeInterruptAsFork(FiberId.none))
  }

  /** Ends all requests and connections, with one grace for all, and then cuts the transports of what is left. */
  readonly shutdown: Effect.Effect<void> = Effect.suspend(() => {
    this.isOver = true
    const served = [...this.served]
    const ending = Effect.forEach(served, ({ shutdown }) => shutdown, { concurrency: "unbounded", discard: true })
    return Effect.flatMap(
      Effect.timeoutOption(Effect.interruptible(ending), this.server.settings.grace),
      (done) => Option.isSome(done) ? Effect.void : Effect.forEach(served, cut, { discard: true })
    )
  })
}

const cut = ({ connection }: Served): Effect.Effect<unknown> =>
  connection === undefined ? Effect.void : Hosting.abort(connection, AbortReason.GraceOver())

export const interrupted: Exit.Exit<never> = Exit.interrupt(FiberId.none)
