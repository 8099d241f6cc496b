/**
 * Chooses the call that takes a request: the last call of `serve` or `serveMessages`, or the first, for requests that came before it. In:
 * requests, and calls as they begin and end. Out: each request given to a call, or refused with 503.
 */
import type * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as answers from "./answers.js"
import type { ServeCall } from "./ServeCall.js"
import type { Server } from "./Server.js"
import type { Upgrade } from "./upgrade.js"

export class Dispatcher {
  /** The last one takes the requests. */
  private calls: ReadonlyArray<ServeCall> = []
  private state: "BeforeFirst" | "Serving" | "Over" = "BeforeFirst"
  private readonly waiting = new Set<WaitingRequest>()

  constructor(private readonly server: Server) {}

  get isServing(): boolean {
    return this.calls.length > 0
  }

  onUpgrade(upgrade: Upgrade): void {
    const { server } = this
    if (!server.admit()) return answers.turnAway(server, upgrade)
    const call = this.calls.at(-1)
    if (call !== undefined) answers.guard(server, upgrade, () => call.take(upgrade))
    else if (this.state === "BeforeFirst") this.waiting.add(new WaitingRequest(server, upgrade, this.giveUp))
    else answers.refuse(server, upgrade, answers.unavailable)
  }

  /** Serves until it is interrupted; then its requests and connections are ended. */
  serve<R>(makeCall: (runtime: Runtime.Runtime<R>) => ServeCall): Effect.Effect<never, never, R> {
    return Effect.flatMap(Effect.runtime<R>(), (runtime) =>
      Effect.acquireUseRelease(
        Effect.sync(() => this.begin(makeCall(Runtime.enableRuntimeFlag(runtime, RuntimeFlags.Interruption)))),
        () => forever,
        (call) => Effect.zipRight(Effect.sync(() => this.end(call)), call.shutdown)
      ))
  }

  private begin(call: ServeCall): ServeCall {
    this.calls = [...this.calls, call]
    if (this.state === "BeforeFirst") this.state = "Serving"
    for (const waiting of [...this.waiting]) {
      const { upgrade } = this.forget(waiting)
      answers.guard(this.server, upgrade, () => call.take(upgrade))
    }
    return call
  }

  private end(call: ServeCall): void {
    this.calls = this.calls.filter((other) => other !== call)
  }

  readonly shutdown: Effect.Effect<void> = Effect.suspend(() => {
    const { calls } = this
    this.calls = []
    this.state = "Over"
    for (const waiting of [...this.waiting]) this.giveUp(waiting)
    return Effect.forEach(calls, (call) => call.shutdown, { concurrency: "unbounded", discard: true })
  })

  private readonly giveUp = (waiting: WaitingRequest): void =>
    answers.refuse(this.server, this.forget(waiting).upgrade, answers.unavailable)

  private forget(waiting: WaitingRequest): WaitingRequest {
    this.waiting.delete(waiting)
    waiting.stop()
    return waiting
  }
}

/** A request that came before the first `serve`. */
class WaitingRequest implements Deadlines.Expiring {
  private readonly deadline: Deadlines.Deadline

  constructor(
    private readonly server: Server,
    readonly upgrade: Upgrade,
    private readonly giveUp: (waiting: WaitingRequest) => void
  ) {
    this.deadline = server.host.deadlines.start(Duration.toMillis(server.settings.openTimeout), this)
    upgrade.watch(() => this.onDeadline())
  }

  onDeadline(): void {
    this.giveUp(this)
  }

  stop(): void {
    this.server.host.deadlines.cancel(this.deadline)
  }
}

/** Not `Effect.never`, whose timer keeps the process alive: only a listening server should do that. */
const forever = Effect.async<never>(() => {})
