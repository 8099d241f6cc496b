/**
 * One request to upgrade, as an app of @effect/platform sees it: what the app decides, and then the app's connection. In: the app's
 * handler, run by @effect/platform-node, and a connection once there is one. Out: the decision, the `Socket` that the app asks for, and
 * how the app ended.
 *
 * An upgrade is a yes; a response, which the app writes itself, is a no. It knows neither `Serving` nor what was negotiated.
 */
import { clientAbortFiberId } from "@effect/platform/HttpServerError"
import type { Socket } from "@effect/platform/Socket"
import { Refusal } from "@effect-ws/platform/WebSocketServer"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

/** A request, and the response that an app would write to it, in whichever version of HTTP. */
export interface Exchange {
  /** Hands both to the app. */
  readonly start: () => void
  /** What the app still writes is nobody's to read. */
  readonly finish: () => void
  /** The app begins to answer: what it writes is the answer now, or nobody's. */
  readonly surrender: () => void
}

export class Route {
  private readonly exchange: Exchange
  private fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined = undefined
  private exit: Exit.Exit<unknown, unknown> = interrupted
  private decided: "Upgrade" | "Response" | "None" | undefined = undefined
  private socket: Socket | undefined = undefined
  private onDecided: (decision: Effect.Effect<Route, Refusal>) => void = () => {}
  private onOpen: ReadonlyArray<(socket: Effect.Effect<Socket>) => void> = []
  private onDone: (exit: Exit.Exit<unknown, unknown>) => void = () => {}

  /** `exchange` is given what to call when the app begins to answer. */
  constructor(exchange: (onBegin: () => void) => Exchange) {
    this.exchange = exchange(() => this.respond())
  }

  /** Starts the app. An upgrade is a yes; a response, which the app writes itself, is a no. */
  get decision(): Effect.Effect<Route, Refusal, Scope.Scope> {
    return Effect.zipRight(
      Effect.addFinalizer(() => this.abandon),
      Effect.async<Route, Refusal>((resume) => {
        this.onDecided = resume
        this.exchange.start()
      })
    )
  }

  begun(fiber: Fiber.RuntimeFiber<unknown, unknown>): void {
    this.fiber = fiber
    fiber.addObserver(() => {
      this.fiber = undefined
      this.decide("None")
      this.onDone(this.exit)
    })
  }

  note(exit: Exit.Exit<unknown, unknown>): void {
    this.exit = exit
  }

  /** `HttpServerRequest.upgrade`: the 101 is written when it is asked for. */
  readonly upgraded: Effect.Effect<Socket> = Effect.async((resume) => {
    if (this.socket !== undefined) return resume(Effect.succeed(this.socket))
    if (this.decided !== undefined && this.decided !== "Upgrade") return resume(Effect.failCause(tooLate))
    this.onOpen = [...this.onOpen, resume]
    this.decide("Upgrade")
  })

  /** For as long as the app runs. What it answers in the end is nobody's to read. */
  serve(socket: Socket): Effect.Effect<unknown, unknown> {
    return Effect.async((resume) => {
      this.socket = socket
      this.exchange.finish()
      if (this.fiber === undefined) return resume(this.exit)
      this.onDone = resume
      for (const open of this.onOpen) open(Effect.succeed(socket))
    })
  }

  private decide(decision: "Upgrade" | "Response" | "None"): void {
    if (this.decided !== undefined) return
    this.decided = decision
    this.onDecided(decision === "Upgrade" ? Effect.succeed(this) : Effect.fail(refusal))
  }

  private respond(): void {
    if (this.decided !== undefined) return
    this.exchange.surrender()
    this.decide("Response")
  }

  /** The client has left, was refused by others, or the server shuts down; or the app is done already. */
  private readonly abandon = Effect.suspend(() => {
    if (this.decided === "Response") return Effect.void
    this.decided ??= "None"
    this.exchange.finish()
    this.fiber?.unsafeInterruptAsFork(clientAbortFiberId)
    return this.fiber === undefined ? Effect.void : Effect.asVoid(Fiber.await(this.fiber))
  })
}

/** The app has answered itself; `HttpUpgrade` knows. It is written only if the app did neither. */
const refusal = new Refusal({ status: 500 })

/** As @effect/platform has it for clients that leave. */
const tooLate = Cause.interrupt(clientAbortFiberId)

const interrupted = Exit.interrupt(FiberId.none)
