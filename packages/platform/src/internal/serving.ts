/**
 * `Serving`: one `Server` for each layer, in it one `Service` for each call of `serve` or `serveMessages`, and in that one `Life`
 * for each request or connection, which shutting down ends.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as ExtensionHeader from "@effect-ws/codec/ExtensionHeader"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import type { AnswerProblem } from "@effect-ws/codec/ServerHandshake"
import { AbortReason, type CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import * as Connection from "@effect-ws/connection/Connection"
import * as Errors from "@effect-ws/connection/ConnectionError"
import type { Compression } from "@effect-ws/connection/host/Compression"
import type * as Deadlines from "@effect-ws/connection/host/Deadlines"
import type { Transport } from "@effect-ws/connection/host/Transport"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import type { Message } from "@effect-ws/connection/Message"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import { isTagged } from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { type Options, options as table, type Serving, type Upgrade } from "../Serving.js"
import { Telemetry } from "../Telemetry.js"
import type {
  Accept,
  Accepted,
  CloseOnFailure,
  MessageHooks,
  ServeOptions,
  UpgradeRequest
} from "../WebSocketServer.js"
import { Refusal } from "../WebSocketServer.js"
import { done, synchronous } from "./promises.js"
import * as report from "./report.js"
import { Request, ServerOpening } from "./request.js"
import type { ServerInstruments } from "./telemetry/ServerInstruments.js"

export const make = (given: Options): Effect.Effect<Serving, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<never>()
    const { deadlines, primitives, random } = given
    const { limits, ...options } = yield* Effect.sync(() => ({
      ...given,
      ...InvalidOption.read(table, given),
      limits: Limits.make(given.limits)
    }))
    const telemetry = Option.getOrUndefined(yield* Effect.serviceOption(Telemetry))?.server
    const meter = telemetry?.meter
    const host = Connection.makeHost({ role: "server", limits, primitives, random, deadlines, meter })
    const server = new Server(options, host, runtime, telemetry)
    yield* Effect.addFinalizer(() => server.shutdown)
    return {
      onUpgrade: (upgrade) => server.onUpgrade(upgrade),
      onRefused: (refused) => {
        telemetry?.rejected(String(refused.status))
        server.log(report.refused(refused))
      },
      serve: <A, E, R, R2, I extends Connection.Incoming>(
        handlerOrOptions:
          | ((connection: Connection.Connection) => Effect.Effect<unknown, E, R>)
          | ServeOptions<A, E, R, R2, I>
      ) =>
        server.serve<R | R2>((runtime) =>
          typeof handlerOrOptions === "function"
            ? new HandlerService<undefined, E, R, R2, "whole">(server, runtime, { handler: handlerOrOptions })
            : new HandlerService(server, runtime, settled(handlerOrOptions))
        ) as Effect.Effect<never, never, Exclude<R | R2, Scope.Scope>>,
      serveMessages: <E, R, A, R2>(handler: MessageHandler<E, R>, hooks: MessageHooks<A, E, R2> = {}) =>
        server.serve<R | R2>((runtime) => new MessageService(server, runtime, handler, settled(hooks)))
    }
  })

/** What a connection has of its own. */
const ofConnection = Context.omit(Scope.Scope, Tracer.ParentSpan)

export const bindAccept = <A, R>(
  accept: Accept<A, R>
): Effect.Effect<Accept<A, Scope.Scope>, never, Exclude<R, Scope.Scope>> =>
  Effect.map(Effect.context<Exclude<R, Scope.Scope>>(), (bound) => {
    const services = ofConnection(bound as Context.Context<unknown>)
    return (request) =>
      Effect.mapInputContext(
        decisionOf(accept, request),
        (own: Context.Context<Scope.Scope>) => Context.merge(own, services) as Context.Context<R>
      )
  })

/** A Promise must not be taken for a yes: neither in place of the Effect, nor as what it succeeds with. */
const decisionOf = <A, R>(accept: Accept<A, R>, request: UpgradeRequest): Effect.Effect<Accepted<A>, Refusal, R> =>
  Effect.map(Connection.asEffect(accept(request)), (accepted) => synchronous("accept", accepted))

/** Options as they are now: a getter is asked once, by whoever serves. */
const settled = <Options extends object>(options: Options): Options => ({ ...options })

// ---------------------------------------------------------------------------------------------------------------
// The server of a layer
// ---------------------------------------------------------------------------------------------------------------

/** The options, judged. */
interface Settings extends Omit<Options, "grace" | "limits" | "openTimeout"> {
  readonly grace: Duration.Duration
  readonly openTimeout: Duration.Duration
}

/** A request or a connection. */
interface Life {
  readonly connection: Connection.Lifecycle | undefined
  /** Ends it, however long that takes. */
  readonly shutdown: Effect.Effect<unknown>
}

abstract class Service {
  abstract readonly server: Server
  readonly lives = new Set<Life>()

  protected isOver = false

  abstract take(upgrade: Upgrade): void

  /** Runs a decision, until it is made, the client leaves or the server shuts down. */
  protected decide<A, R>(
    upgrade: Upgrade,
    runtime: Runtime.Runtime<R>,
    decision: Effect.Effect<A, Refusal, R>,
    onDecided: (decided: Exit.Exit<A, Refusal>) => void
  ): void {
    const fiber = Runtime.runFork(runtime)(Effect.uninterruptible(Effect.exit(Effect.interruptible(decision))))
    const life: Life = { connection: undefined, shutdown: Fiber.interrupt(fiber) }
    this.lives.add(life)
    fiber.addObserver((exit) => {
      this.lives.delete(life)
      this.server.guard(upgrade, () => onDecided(this.isOver ? interrupted : Exit.flatten(exit)))
    })
    upgrade.watch(() => fiber.unsafeInterruptAsFork(FiberId.none))
  }

  readonly shutdown = Effect.suspend(() => {
    this.isOver = true
    return this.server.within([...this.lives])
  })
}

class Server {
  /** Requests and open connections. */
  private size = 0
  /** The last one takes the requests. */
  private services: ReadonlyArray<Service> = []
  private state: "BeforeFirst" | "Serving" | "Over" = "BeforeFirst"
  private readonly waiting = new Set<Waiting>()
  readonly grace: Duration.Duration
  readonly openTimeout: Duration.Duration

  constructor(
    private readonly options: Settings,
    readonly host: Connection.Host,
    private readonly runtime: Runtime.Runtime<never>,
    readonly telemetry: ServerInstruments | undefined
  ) {
    this.grace = options.grace
    this.openTimeout = options.openTimeout
  }

  onUpgrade(upgrade: Upgrade): void {
    if (!(this.size < this.options.maxConnections)) {
      const { body, headers, status } = full
      upgrade.refuse(status, headers, this.encode(body))
      this.telemetry?.refused(upgrade, status)
      return
    }
    this.size++
    const service = this.services.at(-1)
    if (service !== undefined) this.guard(upgrade, () => service.take(upgrade))
    else if (this.state === "BeforeFirst") this.waiting.add(new Waiting(this, upgrade))
    else this.refuse(upgrade, unavailable)
  }

  serve<R>(makeService: (runtime: Runtime.Runtime<R>) => Service): Effect.Effect<never, never, R> {
    return Effect.flatMap(Effect.runtime<R>(), (runtime) =>
      Effect.acquireUseRelease(
        Effect.sync(() => this.begin(makeService(Runtime.enableRuntimeFlag(runtime, RuntimeFlags.Interruption)))),
        () => forever,
        (service) => Effect.zipRight(Effect.sync(() => this.end(service)), service.shutdown)
      ))
  }

  private begin(service: Service): Service {
    this.services = [...this.services, service]
    if (this.state === "BeforeFirst") this.state = "Serving"
    for (const waiting of [...this.waiting]) {
      this.forget(waiting)
      this.guard(waiting.upgrade, () => service.take(waiting.upgrade))
    }
    return service
  }

  private end(service: Service): void {
    this.services = this.services.filter((other) => other !== service)
  }

  readonly shutdown = Effect.suspend(() => {
    const { services } = this
    this.services = []
    this.state = "Over"
    for (const waiting of [...this.waiting]) {
      this.forget(waiting)
      this.refuse(waiting.upgrade, unavailable)
    }
    return Effect.forEach(services, (service) => service.shutdown, { concurrency: "unbounded", discard: true })
  })

  forget(waiting: Waiting): void {
    this.waiting.delete(waiting)
    waiting.stop()
  }

  // -- answers

  /** Does what a host's event or a fiber's end asks for, into which nothing must be thrown: a defect is this request's, answered with 500. */
  guard(upgrade: Upgrade, work: () => void): void {
    try {
      work()
    } catch (defect) {
      this.fault(upgrade, "Answering a WebSocket upgrade failed", Cause.die(defect))
    }
  }

  /** The connection and what `accept` gave, if the decision was yes and the client is still there. */
  answer<A, I extends Connection.Incoming>(
    upgrade: Upgrade,
    decided: Exit.Exit<Accepted<A>, Refusal>,
    incoming: I
  ): Answered<A, I> | undefined {
    if (Exit.isFailure(decided)) {
      this.decline(upgrade, decided.cause)
      return undefined
    }
    const { compression, headers = [], subprotocol, value } = decided.value
    const deflate = compression === false ? withoutExtensions : this.negotiate(upgrade)
    const answered = upgrade.accept({ subprotocol, headers, extensions: deflate.response })
    switch (answered._tag) {
      case "Left":
        this.telemetry?.refused(upgrade, undefined)
        this.left()
        return undefined
      case "Problem":
        this.unwritable(upgrade, "The answer to a WebSocket upgrade must not be written", answered)
        return undefined
      case "Opened":
        return { connection: this.open(upgrade, answered.transport, incoming, subprotocol, deflate), accepted: value }
    }
  }

  private open<I extends Connection.Incoming>(
    upgrade: Upgrade,
    opened: Transport,
    incoming: I,
    subprotocol: string | undefined,
    deflate: Negotiated
  ): Connection.ConnectionFor<I> {
    const { telemetry } = this
    try {
      const connection = Connection.unsafeMake(opened, this.host, {
        incoming,
        opening: new ServerOpening(upgrade, subprotocol, deflate.header),
        compression: deflate.open?.()
      })
      telemetry?.accepted(upgrade, connection)
      return connection
    } catch (defect) {
      opened.destroy() // it is nobody's
      throw defect
    }
  }

  private negotiate({ offer }: Upgrade): Negotiated {
    const { compression } = this.options
    if (compression === undefined) return withoutExtensions
    const accepted = PermessageDeflate.accept(compression.config, offer.extensions)
    if (accepted._tag === "Declined") return withoutExtensions
    const header = ExtensionHeader.encode([accepted.response])
    return header._tag === "Problem"
      ? withoutExtensions
      : { response: [accepted.response], header: header.value, open: () => compression.open(accepted.agreed) }
  }

  private decline(upgrade: Upgrade, cause: Cause.Cause<Refusal>): void {
    const refusal = Cause.failureOption(cause)
    // It need not be one, for all the compiler may have been told.
    if (Option.isSome(refusal) && isTagged(refusal.value, "Refusal")) this.refuse(upgrade, refusal.value)
    else if (Cause.isInterruptedOnly(cause)) this.refuse(upgrade, unavailable)
    else this.fault(upgrade, "Deciding on a WebSocket upgrade failed", cause)
  }

  refuse(upgrade: Upgrade, { body = "", headers = [], status }: Refusal): void {
    const problem = upgrade.refuse(status, headers, typeof body === "string" ? this.encode(body) : body)
    if (problem !== undefined) {
      return this.unwritable(upgrade, "The refusal of a WebSocket upgrade must not be written", problem)
    }
    this.refused(upgrade, status)
  }

  private fault(upgrade: Upgrade, message: string, cause: Cause.Cause<unknown>): void {
    this.log(report.fault(message, cause, { target: upgrade.offer.target, remoteAddress: upgrade.remoteAddress }))
    this.failed(upgrade)
  }

  private unwritable(upgrade: Upgrade, message: string, problem: AnswerProblem): void {
    this.log(report.unwritable(message, problem, {
      target: upgrade.offer.target,
      remoteAddress: upgrade.remoteAddress
    }))
    this.failed(upgrade)
  }

  private failed(upgrade: Upgrade): void {
    upgrade.refuse(500, plainText, this.encode("500 Internal Server Error: the server failed at this request\n"))
    this.refused(upgrade, 500)
  }

  private refused(upgrade: Upgrade, status: number): void {
    this.telemetry?.refused(upgrade, status)
    this.left()
  }

  private encode(text: string): Uint8Array {
    const { primitives } = this.options
    const octets = primitives.allocate(primitives.utf8Length(text))
    primitives.encodeUtf8(text, octets, 0)
    return octets
  }

  // -- ends

  /** A request or connection is gone. */
  left(): void {
    this.size--
  }

  closed(connection: Connection.Lifecycle, outcome: CloseOutcome): void {
    this.left()
    const line = report.outcome(connection, outcome)
    if (line !== undefined) this.log(line)
  }

  log(line: Effect.Effect<void>): void {
    Runtime.runFork(this.runtime)(line)
  }

  /** Closes as the end of a handler asks for, and waits for the outcome. */
  conclude<E>(
    connection: Connection.Lifecycle,
    exit: Exit.Exit<unknown, E>,
    closeOnFailure: CloseOnFailure<E> | undefined
  ): Effect.Effect<void> {
    if (Exit.isSuccess(exit)) return Effect.asVoid(connection.close())
    const { cause } = exit
    const isInterrupted = Cause.isInterrupted(cause)
    const { failed, remark, status } = this.closeOf(connection, cause, closeOnFailure)
    // That its connection ended is no failure of the handler; that another one did (an upstream's) is.
    const isOwn = !Cause.isInterruptedOnly(cause) && !isOfConnection(cause)
    const ended = Effect.flatMap(Effect.ignore(connection.close(status.code, status.reason)), () => connection.outcome)
    const line = report.failure(connection, failed)
    if (isOwn) {
      return Effect.zipRight(
        Effect.zipRight(line, remark),
        Effect.flatMap(
          ended,
          (outcome) => isOursWithout(outcome, status) ? report.overtaken(connection, status, outcome) : Effect.void
        )
      )
    }
    return isInterrupted
      ? Effect.asVoid(ended)
      : Effect.flatMap(ended, (outcome) => isOursWith(outcome, status) ? line : Effect.void)
  }

  /**
   * What to close with, what is to be said of it, and what failed: the handler, and perhaps `closeOnFailure` after it. The failure
   * of one fiber interrupts those beside it: it is a failure all the same.
   */
  private closeOf<E>(
    connection: Connection.Lifecycle,
    cause: Cause.Cause<E>,
    closeOnFailure: CloseOnFailure<E> | undefined
  ): HandlerClose<E> {
    const error = Cause.failureOption(cause)
    if (Option.isNone(error)) {
      return { status: Cause.isInterrupted(cause) ? goingAway : internalError, failed: cause, remark: Effect.void }
    }
    if (closeOnFailure === undefined) return { status: internalError, failed: cause, remark: Effect.void }
    try {
      const { code, reason } = synchronous("closeOnFailure", closeOnFailure(error.value))
      const fitted = CloseStatus.fit(this.options.primitives, code, reason)
      return { status: fitted.status, failed: cause, remark: report.fitted(connection, code, fitted) }
    } catch (defect) {
      return { status: internalError, failed: Cause.sequential(cause, Cause.die(defect)), remark: Effect.void }
    }
  }

  /** Ends them all, with one grace for all of them, and then cuts the transports of those that are left. */
  within(lives: ReadonlyArray<Life>): Effect.Effect<void> {
    const ending = Effect.forEach(lives, (life) => life.shutdown, { concurrency: "unbounded", discard: true })
    const cut = Effect.forEach(
      lives,
      ({ connection }) =>
        connection === undefined ? Effect.void : Connection.abort(connection, AbortReason.GraceOver()),
      { discard: true }
    )
    return Effect.flatMap(
      Effect.timeoutOption(Effect.interruptible(ending), this.grace),
      (done) => Option.isSome(done) ? Effect.void : cut
    )
  }

  /** Deciding, in time. It is left behind rather than waited for when it cannot be interrupted. */
  decide<A, R>(accept: Accept<A, R>, upgrade: Upgrade): Effect.Effect<Accepted<A>, Refusal, R> {
    const decision = Effect.suspend(() => decisionOf(accept, new Request(upgrade)))
    // As an exit: a disconnected fiber that fails writes to the log, and stands still if the logger fails.
    return Effect.flatten(Effect.timeoutFail(Effect.disconnect(Effect.exit(decision)), {
      duration: this.openTimeout,
      onTimeout: () => undecided
    }))
  }
}

interface HandlerClose<E> {
  readonly status: CloseStatus.Status
  readonly failed: Cause.Cause<E>
  readonly remark: Effect.Effect<void>
}

interface Answered<A, I extends Connection.Incoming> {
  readonly connection: Connection.ConnectionFor<I>
  readonly accepted: A
}

/** What was agreed on, besides the subprotocol. */
interface Negotiated {
  readonly response: ReadonlyArray<ExtensionHeader.Extension>
  /** The response as the header has it. */
  readonly header: string
  readonly open?: () => Compression
}

const withoutExtensions: Negotiated = { response: [], header: "" }

/** A request that came before the first `serve`. */
class Waiting implements Deadlines.Expiring {
  private readonly deadline: Deadlines.Deadline

  constructor(private readonly server: Server, readonly upgrade: Upgrade) {
    this.deadline = server.host.deadlines.start(Duration.toMillis(server.openTimeout), this)
    upgrade.watch(() => this.onDeadline())
  }

  onDeadline(): void {
    this.server.forget(this)
    this.server.refuse(this.upgrade, unavailable)
  }

  stop(): void {
    this.server.host.deadlines.cancel(this.deadline)
  }
}

/** Not `Effect.never`, whose timer keeps the process alive: that is for whoever listens to do. */
const forever = Effect.async<never>(() => {})

const plainText = [["Content-Type", "text/plain; charset=utf-8"]] as const
const unavailableFor = (why: string) => ({
  status: 503,
  headers: plainText,
  body: `503 Service Unavailable: ${why}\n`
})
const unavailable = new Refusal(unavailableFor("the server is not serving, or is shutting down"))
const undecided = new Refusal(unavailableFor("the server did not decide on this request in time"))
const full = unavailableFor("the server has as many connections as it takes")
const everybody: Exit.Exit<Accepted<undefined>> = Exit.succeed({ value: undefined })

const goingAway = CloseStatus.make(1001)
const internalError = CloseStatus.make(1011)

/** Starts the Close, and waits for nothing. What is sent from now on is refused. */
const startToLeave = (connection: Connection.Lifecycle): void => {
  Effect.runFork(connection.close(goingAway.code, goingAway.reason))
}

const isOfConnection = (cause: Cause.Cause<unknown>): boolean =>
  Cause.defects(cause).length === 0 &&
  [...Cause.failures(cause)].every((error) =>
    error instanceof Errors.EndOfMessages || error instanceof Errors.PeerClosed ||
    error instanceof Errors.ProtocolFailure || error instanceof Errors.ConnectionDropped ||
    error instanceof Errors.ConnectionClosed
  )

/** Whether we closed with this, rather than because of what the connection itself had come to. */
const isOursWith = ({ _tag, closedFirst, local }: CloseOutcome, status: CloseStatus.Status): boolean =>
  _tag !== "Failed" && closedFirst === "us" && local?._tag === "Status" && local.code === status.code

/** We had closed already, with another code: by `close`, or since a message was abandoned. */
const isOursWithout = ({ _tag, closedFirst, local }: CloseOutcome, status: CloseStatus.Status): boolean =>
  _tag !== "Failed" && closedFirst === "us" && (local?._tag !== "Status" || local.code !== status.code)

// ---------------------------------------------------------------------------------------------------------------
// serve
// ---------------------------------------------------------------------------------------------------------------

class HandlerService<A, E, R, R2, I extends Connection.Incoming> extends Service {
  constructor(
    readonly server: Server,
    readonly runtime: Runtime.Runtime<R | R2>,
    readonly options: ServeOptions<A, E, R, R2, I>
  ) {
    super()
  }

  take(upgrade: Upgrade): void {
    const { accept } = this.options
    const scope = Effect.runSync(Scope.make())
    // By the runtime rather than by `Effect.scoped`, whose frames cost an idle fiber 4 kB.
    const scoped = Runtime.provideService(this.runtime, Scope.Scope, scope)
    const runtime = this.server.telemetry?.began(upgrade, scoped) ?? scoped
    if (accept === undefined) return this.open(upgrade, everybody as Exit.Exit<Accepted<A>>, scope, runtime)
    this.decide(
      upgrade,
      runtime,
      this.server.decide(accept, upgrade),
      (decided) => this.open(upgrade, decided, scope, runtime)
    )
  }

  private open(
    upgrade: Upgrade,
    decided: Exit.Exit<Accepted<A>, Refusal>,
    scope: Scope.CloseableScope,
    runtime: Runtime.Runtime<R | R2>
  ): void {
    const { server } = this
    let answered: Answered<A, I> | undefined
    server.guard(upgrade, () => {
      answered = server.answer(upgrade, decided, this.options.incoming ?? "whole" as I)
    })
    if (answered !== undefined) {
      return new HandlerLife(this, answered.connection, scope).start(answered.accepted, runtime)
    }
    const closing = Effect.catchAllCause(
      Scope.close(scope, decided),
      (cause) => report.fault("A finalizer of a WebSocket upgrade failed", cause)
    )
    Runtime.runFork(this.runtime)(closing)
  }
}

class HandlerLife<A, E, R, R2, I extends Connection.Incoming> implements Life {
  /** That of the handler, and then the one that closes. */
  private fiber: Fiber.RuntimeFiber<unknown> | undefined = undefined

  constructor(
    private readonly service: HandlerService<A, E, R, R2, I>,
    readonly connection: Connection.ConnectionFor<I>,
    private readonly scope: Scope.CloseableScope
  ) {}

  start(accepted: A, runtime: Runtime.Runtime<R | R2>): void {
    const { connection, service } = this
    const { options, server } = service
    service.lives.add(this)
    Connection.listen(connection, (outcome) => server.closed(connection, outcome))
    const fiber = Runtime.runFork(runtime)(
      Effect.exit(Effect.suspend(() => Connection.asEffect(options.handler(connection, accepted))))
    )
    this.fiber = fiber
    fiber.addObserver((exit) => this.onDone(Exit.flatten(exit)))
  }

  private onDone(exit: Exit.Exit<unknown, E>): void {
    const { connection, scope, service: { lives, options, runtime, server } } = this
    const fiber = Runtime.runFork(runtime)(Effect.uninterruptible(
      Effect.flatMap(
        Effect.exit(Scope.close(scope, exit)),
        (closed) => server.conclude(connection, Exit.zipLeft(exit, closed), options.closeOnFailure)
      )
    ))
    this.fiber = fiber
    fiber.addObserver(() => lives.delete(this))
  }

  /** Interrupts, which closes with 1001: behind what the handler's finalizers send, unless the Close is to come first. */
  get shutdown(): Effect.Effect<unknown> {
    const concluded: Effect.Effect<unknown> = Effect.suspend(() =>
      this.fiber === undefined || !this.service.lives.has(this)
        ? Effect.void
        : Effect.flatMap(Fiber.await(this.fiber), () => concluded)
    )
    return Effect.suspend(() => {
      if (this.service.options.onShutdown === "closeFirst") startToLeave(this.connection)
      this.fiber?.unsafeInterruptAsFork(FiberId.none)
      return concluded
    })
  }
}

// ---------------------------------------------------------------------------------------------------------------
// serveMessages
// ---------------------------------------------------------------------------------------------------------------

type MessageHandler<E, R> = (
  connection: Connection.Connection,
  message: Message
) => Effect.Effect<unknown, E, R> | void

class MessageService<A, E, R, R2> extends Service {
  constructor(
    readonly server: Server,
    readonly runtime: Runtime.Runtime<R | R2>,
    readonly handler: MessageHandler<E, R>,
    readonly hooks: MessageHooks<A, E, R2>
  ) {
    super()
  }

  take(upgrade: Upgrade): void {
    const { accept } = this.hooks
    const runtime = this.server.telemetry?.began(upgrade, this.runtime) ?? this.runtime
    if (accept === undefined) return this.open(upgrade, everybody as Exit.Exit<Accepted<A>>)
    this.decide(upgrade, runtime, this.server.decide(accept, upgrade), (decided) => this.open(upgrade, decided))
  }

  private open(upgrade: Upgrade, decided: Exit.Exit<Accepted<A>, Refusal>): void {
    const answered = this.server.answer(upgrade, decided, "whole")
    if (answered !== undefined) new MessageLife(this, answered.connection).start(answered.accepted)
  }
}

class MessageLife<A, E, R, R2> implements Life {
  private stop: Effect.Effect<void> = Effect.void
  private done = false
  private outcome: CloseOutcome | undefined = undefined

  constructor(
    private readonly service: MessageService<A, E, R, R2>,
    readonly connection: Connection.Connection
  ) {}

  start(accepted: A): void {
    const { connection, service } = this
    service.lives.add(this)
    Connection.listen(connection, (outcome) => {
      this.outcome = outcome
      service.server.closed(connection, outcome)
      this.leaveIfOver()
    })
    try {
      const opened = service.hooks.onOpen?.(connection, accepted)
      done("onOpen", opened, (reason) => this.conclude(Exit.die(reason)))
    } catch (defect) {
      return this.onDone(Exit.die(defect))
    }
    this.stop = Connection.unsafeRun(connection, service.runtime, service.handler, (exit) => this.onDone(exit))
  }

  get shutdown(): Effect.Effect<unknown> {
    const stopped = Effect.flatMap(this.stop, () => {
      this.done = true
      this.leaveIfOver()
      return this.service.server.conclude(this.connection, interrupted, undefined)
    })
    return this.service.hooks.onShutdown === "closeFirst"
      ? Effect.suspend(() => {
        startToLeave(this.connection)
        return stopped
      })
      : stopped
  }

  private onDone(exit: Exit.Exit<unknown, E | Errors.ConnectionError>): void {
    this.done = true
    this.leaveIfOver()
    if (Exit.isFailure(exit)) this.conclude(exit)
  }

  private conclude(exit: Exit.Exit<unknown, E | Errors.ConnectionError>): void {
    const { connection, service: { hooks, runtime, server } } = this
    Runtime.runFork(runtime)(server.conclude(connection, exit, hooks.closeOnFailure))
  }

  /** Once there is an outcome, and no message is handled any more. */
  private leaveIfOver(): void {
    const { connection, outcome, service } = this
    if (!this.done || outcome === undefined || !service.lives.delete(this)) return
    const failed = (defect: unknown): void => service.server.log(report.failure(connection, Cause.die(defect)))
    try {
      done("onClose", service.hooks.onClose?.(connection, outcome), failed)
    } catch (defect) {
      failed(defect)
    }
  }
}

const interrupted: Exit.Exit<never> = Exit.interrupt(FiberId.none)
