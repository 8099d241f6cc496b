/**
 * The shell around `Protocol`: octets, ends and deadlines go in as inputs, its actions are carried out on the transport, and what
 * was received goes to the inbox. One object for each connection, with what most never use on the prototype.
 *
 * It decides nothing about the protocol. Everything a host calls here returns without throwing.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { format, NodeInspectSymbol } from "effect/Inspectable"
import * as Option from "effect/Option"
import type * as Runtime from "effect/Runtime"
import { AbortReason, type CloseOutcome, DropCause, type Role } from "../CloseOutcome.js"
import type * as Api from "../Connection.js"
import { type ConnectionClosed, type ConnectionError, InvalidClose, type PingTimeout } from "../ConnectionError.js"
import type { Compression } from "../host/Compression.js"
import type { Deadline, Expiring } from "../host/Deadlines.js"
import type { Receiver, Transport } from "../host/Transport.js"
import { type Limits, make as makeLimits } from "../Limits.js"
import { type Fragment, type Kind, type Message, weigh, weighFragment } from "../Message.js"
import * as Protocol from "../Protocol.js"
import { Driver } from "../receiving/Driver.js"
import { errorOf } from "../receiving/ends.js"
import { Inbox, type Owner } from "../receiving/Inbox.js"
import { messageStreams } from "../receiving/messageStreams.js"
import * as reading from "../receiving/readers.js"
import { Outbox } from "../sending/Outbox.js"
import * as sending from "../sending/senders.js"
import { Slab } from "../sending/Slab.js"
import { comparable } from "./comparable.js"
import { Keepalive } from "./Keepalive.js"
import { Pings, RoundTrip } from "./Pings.js"

export const TypeId: Api.TypeId = Symbol.for("@effect-ws/connection/Connection") as Api.TypeId

export const makeHost = (
  { deadlines, limits, meter, primitives, random, role }: Parameters<typeof Api.makeHost>[0]
): Api.Host => ({
  role,
  meter,
  limits: makeLimits(limits),
  deadlines,
  random,
  framing: { primitives, mask: role === "client" ? random : undefined, slab: new Slab() }
})

const settingsOf = (host: Api.Host, options: Api.Options<Api.Incoming>): Protocol.Settings => ({
  role: host.role,
  primitives: host.framing.primitives,
  maxMessageSize: host.limits.maxMessageSize,
  compression: options.compression !== undefined,
  incoming: options.incoming
})

type Listener = (outcome: CloseOutcome) => void

abstract class Shell<A> implements Receiver, Expiring, Owner, Api.Lifecycle, Api.Sending {
  readonly opening: Api.Opening
  readonly inbox: Inbox<A>
  readonly outbox: Outbox
  private state: Protocol.State = Protocol.open
  private timer: Deadline | undefined = undefined
  /** What had left when the timer was started. */
  private timerMark = 0
  private keepalive: Keepalive | undefined = undefined
  private pings: Pings | undefined = undefined
  /** Of keepalive pings, for hosts with a meter. */
  private roundTrip: RoundTrip | undefined = undefined
  private listeners: ReadonlyArray<Listener> = none
  private paused = false
  /** Octets are being inflated, and the answer comes in another turn. */
  private inflating = false
  /** What is to be inflated once the inbox has room. */
  private parked: Inflate | undefined = undefined
  private discarding = false
  private readonly compression: Compression | undefined

  constructor(
    private readonly transport: Transport,
    protected readonly host: Api.Host,
    private readonly settings: Protocol.Settings,
    weigh: (element: A) => number,
    options: Api.Options<Api.Incoming>
  ) {
    this.opening = options.opening
    this.compression = options.compression
    this.inbox = new Inbox(weigh, this)
    this.outbox = new Outbox(transport, host, options.compression, this)
    if (host.limits.keepaliveInterval > 0) this.keepalive = new Keepalive(this, host.deadlines, host.limits)
  }

  /** What a step brought. */
  protected abstract received(step: Protocol.Step): ReadonlyArray<A>

  get [TypeId](): Api.TypeId {
    return TypeId
  }

  get role(): Role {
    return this.settings.role
  }

  /** What a log may show: no octets, and nothing of the request, which may hold secrets. */
  toJSON(): unknown {
    const { bufferedAmount, extensions, role, state } = this
    return { _id: "Connection", role, state: state._tag, extensions, bufferedAmount }
  }

  toString(): string {
    return format(this.toJSON())
  }

  [NodeInspectSymbol](): unknown {
    return this.toJSON()
  }

  get limits(): Limits {
    return this.host.limits
  }

  get subprotocol(): Option.Option<string> {
    return Option.fromNullable(this.opening.subprotocol)
  }

  get extensions(): string {
    return this.opening.extensions
  }

  /** A Close of the peer, or a failure, may be held back, until what was received before it is dealt with. */
  get isOpen(): boolean {
    return Protocol.isOpen(this.state)
  }

  get bufferedAmount(): number {
    return this.outbox.pending
  }

  // -- sending. Getters: `connection.send` may be passed on as a function, and costs an idle connection nothing.

  get send(): Api.Sending["send"] {
    return (message) => sending.send(this.outbox, message)
  }

  get sendAll(): Api.Sending["sendAll"] {
    return (messages) => sending.sendAll(this.outbox, messages)
  }

  get trySend(): Api.Sending["trySend"] {
    return (message) => this.outbox.trySend(message)
  }

  get sendStream(): Api.Sending["sendStream"] {
    return (kind: Kind, payload: Parameters<typeof sending.sendStream>[2]) =>
      sending.sendStream(this.outbox, kind, payload, () => this.startClose(abandoned)) as Effect.Effect<void, never>
  }

  get flush(): Api.Sending["flush"] {
    return Effect.async((resume) => {
      const closed = (): void => resume(Effect.fail(this.outbox.error))
      if (this.state._tag === "Closed") return closed()
      this.listen(closed)
      this.outbox.whenFlushed(() => {
        this.unlisten(closed)
        resume(Effect.void)
      })
      return Effect.sync(() => this.unlisten(closed))
    })
  }

  get sink(): Api.Sending["sink"] {
    return sending.sink(this.outbox)
  }

  // -- life

  get ping(): Api.Lifecycle["ping"] {
    return Effect.map(
      Effect.timed(Effect.async<void, ConnectionClosed | PingTimeout>((resume) => {
        if (this.outbox.isShut) return resume(Effect.fail(this.outbox.error))
        this.pings ??= new Pings(this.host)
        const ping = this.pings.add(resume)
        this.outbox.ping(ping.payload)
        return Effect.sync(() => this.pings?.remove(ping))
      })),
      ([latency]) => {
        this.host.meter?.pinged(latency)
        return latency
      }
    )
  }

  get close(): Api.Lifecycle["close"] {
    return (code: number = 1000, reason: string = "") =>
      Effect.suspend(() => {
        const status = CloseStatus.make(code, reason)
        const problem = CloseStatus.check(this.settings.primitives, code, reason)
        if (problem !== undefined) return Effect.fail(new InvalidClose({ code, reason, problem }))
        this.startClose(status)
        return this.outcome
      }) as Effect.Effect<CloseOutcome>
  }

  get outcome(): Effect.Effect<CloseOutcome> {
    return Effect.async((resume) => {
      if (this.state._tag === "Closed") return resume(Effect.succeed(this.state.outcome))
      const listener = (outcome: CloseOutcome): void => resume(Effect.succeed(outcome))
      this.listen(listener)
      return Effect.sync(() => this.unlisten(listener))
    })
  }

  get currentOutcome(): Option.Option<CloseOutcome> {
    return this.state._tag === "Closed" ? Option.some(this.state.outcome) : Option.none()
  }

  /** What can be sent of it, and what is to be said of the rest. */
  fitted(status: CloseStatus.CloseStatus): readonly [status: CloseStatus.CloseStatus, remark: Effect.Effect<void>] {
    if (status._tag === "Empty") return [status, Effect.void]
    const fitted = CloseStatus.fit(this.settings.primitives, status.code, status.reason)
    return [fitted.status, fitted.problems.length === 0 ? Effect.void : logUnsent(status.code, fitted)]
  }

  startClose(status: CloseStatus.CloseStatus): void {
    this.perform(Protocol.close(this.settings, this.state, status))
  }

  get abort(): Api.Lifecycle["abort"] {
    return (reason) => abort(this, AbortReason.Application({ reason }))
  }

  cut(why: AbortReason): void {
    this.perform(Protocol.abort(this.settings, this.state, why))
  }

  /** Calls once there is an outcome; at once if there is one. */
  listen(listener: Listener): void {
    if (this.state._tag === "Closed") listener(this.state.outcome)
    else this.listeners = [...this.listeners, listener]
  }

  private unlisten(listener: Listener): void {
    this.listeners = this.listeners.filter((other) => other !== listener)
  }

  // -- the transport

  onOctets(octets: Uint8Array): void {
    try {
      this.host.meter?.read(octets.length)
      this.keepalive?.heard()
      this.perform(Protocol.receive(this.settings, this.state, octets))
      if (this.state !== Protocol.open) this.state = Protocol.detach(this.state)
    } catch (defect) {
      this.onDefect(defect)
    }
  }

  onDrained(): void {
    this.guard(() => this.outbox.onDrained())
  }

  onEnd(): void {
    this.guard(() => this.perform(Protocol.ended(this.settings, this.state)))
  }

  onClosed(error: unknown): void {
    const cause = error === undefined || error === null ? DropCause.Eof() : DropCause.Reset({ error })
    this.guard(() => this.perform(Protocol.broken(this.settings, this.state, cause)))
    this.stopTimer()
  }

  /** What a host calls goes through here: what throws ends this connection, and is the host's no more than the others'. */
  private guard(task: () => void): void {
    try {
      task()
    } catch (defect) {
      this.onDefect(defect)
    }
  }

  onDefect(defect: unknown): void {
    try {
      this.perform(Protocol.failed(this.settings, this.state, defect))
    } catch {
      this.giveUp()
    }
  }

  /** Not even failing works. The transport's last word completes it. */
  private giveUp(): void {
    try {
      this.transport.destroy()
    } catch {
      // it says so itself, if it lives
    }
  }

  // -- the inbox

  onTaken(): void {
    this.guard(() => {
      this.adjustReading()
      this.inflateParked()
    })
  }

  onAsked(): void {
    this.guard(() => this.settleIfIdle())
  }

  // -- time

  onDeadline(): void {
    this.timer = undefined
    const { delivered, isBehind } = this.outbox
    const progress = { delivered: delivered - this.timerMark, isBehind }
    this.guard(() => this.perform(Protocol.fired(this.settings, this.state, progress)))
  }

  /** While we do not read, or the peer takes what we write, its silence says nothing. */
  get isHearing(): boolean {
    return !this.paused
  }

  onSilence(): void {
    this.outbox.ping(nothing)
    if (this.host.meter === undefined) return
    this.roundTrip ??= new RoundTrip(this.host)
    this.roundTrip.begin()
  }

  private onPong(payload: Uint8Array): void {
    this.roundTrip?.note(payload)
    this.pings?.note(payload)
  }

  onUnresponsive(): void {
    this.guard(() => this.perform(Protocol.unresponsive(this.settings, this.state)))
  }

  private startTimer(timer: Protocol.Timer): void {
    this.stopTimer()
    this.timerMark = this.outbox.delivered
    this.timer = this.host.deadlines.start(durationOf(this.host.limits, timer), this)
  }

  private stopTimer(): void {
    if (this.timer === undefined) return
    this.host.deadlines.cancel(this.timer)
    this.timer = undefined
  }

  // -- the protocol

  private perform(first: Protocol.Step): void {
    let step: Protocol.Step | undefined = first
    while (step !== undefined) step = this.inflate(this.carryOut(step))
    if (this.state !== Protocol.open) this.conclude()
    this.adjustReading()
    this.inflateParked()
  }

  /** Everything but inflating, which is what is left to do. */
  private carryOut(step: Protocol.Step): Inflate | undefined {
    if (step.state !== this.state) this.turnTo(step.state)
    let inflate: Inflate | undefined = undefined
    for (const action of step.actions) {
      switch (action._tag) {
        case "SendPong":
          this.outbox.pong(action.payload)
          break
        case "NotePong":
          this.onPong(action.payload)
          break
        case "Inflate":
          inflate = action
          break
        case "SendClose":
          this.outbox.close(
            action.status,
            () => this.guard(() => this.perform(Protocol.flushed(this.settings, this.state)))
          )
          break
        case "StartTimer":
          this.startTimer(action.timer)
          break
        case "HalfClose":
          this.outbox.end(this.state._tag === "Closed")
          break
        case "Destroy":
          this.stopTimer()
          this.transport.destroy()
          break
      }
    }
    const elements = this.received(step)
    if (elements.length > 0) {
      this.host.meter?.received(messagesIn(step))
      // Once we are closing, what nobody takes is checked and discarded, with all behind it: reading must go on.
      if (!Protocol.maySend(this.state) && !this.hasRoom) this.discarding = true
      if (!this.discarding) this.inbox.deliver(elements)
    }
    return inflate
  }

  /** The next step, if it can be made in this turn. */
  private inflate(action: Inflate | undefined): Protocol.Step | undefined {
    if (action === undefined || this.compression === undefined || this.state._tag === "Closed") return undefined
    if (!Protocol.mayGoOn(this.state, this.hasRoom)) {
      this.parked = { ...action, octets: action.octets.slice() } // they are lent, and this may wait
      return undefined
    }
    const answer = this.compression.inflate(action.octets, action.last, action.limit)
    if (answer._tag === "Now") return Protocol.inflated(this.settings, this.state, answer.value)
    this.inflating = true
    answer.listen(
      (result) =>
        this.guard(() => {
          this.inflating = false
          this.perform(Protocol.inflated(this.settings, this.state, result))
        }),
      (defect) => this.onDefect(defect)
    )
    return undefined
  }

  /** What few octets inflate to may fill the inbox many times over: the next come when there is room, or when we are closing. */
  private inflateParked(): void {
    const { parked } = this
    if (parked === undefined || !Protocol.mayGoOn(this.state, this.hasRoom)) return
    this.parked = undefined
    const step = this.inflate(parked)
    if (step !== undefined) this.perform(step)
  }

  private turnTo(next: Protocol.State): void {
    const before = this.state
    this.state = next._tag === "Closed" && before._tag !== "Closed"
      ? { ...next, outcome: comparable(next.outcome) }
      : next
    if (Protocol.maySend(before) && !Protocol.maySend(next)) this.stopSending(this.state)
  }

  private stopSending(state: Protocol.State): void {
    this.host.meter?.closing(this)
    this.outbox.shut(state._tag === "Closed" ? state : { _tag: "Closing" })
    this.pings?.fail(this.outbox)
    this.keepalive?.stop()
    this.keepalive = undefined
  }

  /** What a state brings with it that is not plain Open. */
  private conclude(): void {
    if (this.inbox.end === undefined) {
      const end = Protocol.endOfReading(this.state)
      if (end !== undefined) this.inbox.finish(errorOf(end))
    }
    this.settleIfIdle()
    if (this.state._tag === "Closed") this.complete(this.state)
  }

  private complete(state: Protocol.Closed): void {
    const listeners = this.listeners
    this.listeners = none
    if (this.isComplete) return
    this.isComplete = true
    this.outbox.shut(state)
    this.compression?.free()
    for (const listener of listeners) {
      try {
        listener(state.outcome)
      } catch (defect) { // the others are told as well
        this.onDefect(defect)
      }
    }
  }
  private isComplete = false

  /** A held Close or failure goes out once everything before it was dealt with. */
  private settleIfIdle(): void {
    if (this.state._tag === "Settling" && this.inbox.isIdle) {
      this.perform(Protocol.settle(this.settings, this.state))
    }
  }

  private get hasRoom(): boolean {
    return this.inbox.size <= this.host.limits.inboxSize
  }

  private adjustReading(): void {
    const pause = this.inflating || !Protocol.mayGoOn(this.state, this.hasRoom)
    if (pause === this.paused) return
    this.paused = pause
    if (pause) this.transport.pause()
    else {
      this.keepalive?.heard()
      this.transport.resume()
    }
  }
}

class WholeConnection extends Shell<Message> implements Api.Connection {
  protected received(step: Protocol.Step): ReadonlyArray<Message> {
    return step.messages
  }

  get receive(): Api.Connection["receive"] {
    return reading.receive(this.inbox)
  }

  get reader(): Api.Connection["reader"] {
    return reading.reader(this.inbox)
  }

  get messages(): Api.Connection["messages"] {
    return reading.stream(this.inbox)
  }

  get run(): Api.Connection["run"] {
    return (handler) => reading.run(this.inbox, handler)
  }
}

class FragmentConnection extends Shell<Fragment> implements Api.StreamedConnection {
  protected received(step: Protocol.Step): ReadonlyArray<Fragment> {
    return step.fragments
  }

  get messageStreams(): Api.StreamedConnection["messageStreams"] {
    return messageStreams(this.inbox)
  }
}

/** How many whole messages a step brought. */
const messagesIn = ({ fragments, messages }: Protocol.Step): number =>
  messages.length + fragments.filter(({ _tag }) => _tag === "End").length

type Inflate = Extract<Protocol.Action, { readonly _tag: "Inflate" }>

const none: ReadonlyArray<never> = []
const nothing = new Uint8Array(0)
/** How much of a reason that was cut off is logged, in UTF-16 units. */
const mostLogged = 256

/** What of a Close could not be sent as it was given. */
export const logUnsent = (code: number, { problems, rest, status }: CloseStatus.Fitted): Effect.Effect<void> =>
  Effect.annotateLogs(
    Effect.logWarning("A Close could not be sent as it was given (RFC 6455 §7.4, §5.5)"),
    {
      problems: problems.join(", "),
      givenCode: code,
      sentCode: status.code,
      sentReason: status.reason,
      ...(rest === "" ? {} : { unsentReason: rest.slice(0, mostLogged), unsentReasonLength: rest.length })
    }
  )

const abandoned = CloseStatus.make(1011, "a message was abandoned")

const durationOf = (limits: Limits, timer: Protocol.Timer): number => {
  switch (timer) {
    case "Settle":
      return limits.settleTimeout
    case "CloseReply":
      return limits.closeTimeout
    case "Drop":
      return limits.dropTimeout
  }
}

export const unsafeMake = <I extends Api.Incoming>(
  transport: Transport,
  host: Api.Host,
  options: Api.Options<I>
): Api.ConnectionFor<I> => {
  const settings = settingsOf(host, options)
  const connection = options.incoming === "streamed"
    ? new FragmentConnection(transport, host, settings, weighFragment, options)
    : new WholeConnection(transport, host, settings, weigh, options)
  transport.attach(connection)
  return connection as unknown as Api.ConnectionFor<I>
}

const shellOf = (connection: Api.Lifecycle): Shell<unknown> => connection as Shell<unknown>

export const shutdown = (
  connection: Api.Lifecycle,
  { grace, status, why }: Parameters<typeof Api.shutdown>[1]
): Effect.Effect<CloseOutcome> =>
  Effect.suspend(() => {
    const [sent, remark] = shellOf(connection).fitted(status)
    shellOf(connection).startClose(sent)
    if (Option.isSome(connection.currentOutcome)) return connection.outcome
    // A daemon: an interruption that comes while a finalizer waits here would be passed on to children, and nothing be cut.
    const cut = Effect.interruptible(Effect.delay(abort(connection, why), grace))
    return Effect.flatMap(
      Effect.forkDaemon(cut),
      (timer) => Effect.zipRight(remark, Effect.zipLeft(connection.outcome, Fiber.interrupt(timer)))
    )
  })

export const abort = (connection: Api.Lifecycle, why: AbortReason): Effect.Effect<CloseOutcome> =>
  Effect.suspend(() => {
    shellOf(connection).cut(why)
    return connection.outcome
  })

export const isOpen = (connection: Api.Lifecycle): boolean => shellOf(connection).isOpen

export const listen = (connection: Api.Lifecycle, listener: (outcome: CloseOutcome) => void): void =>
  shellOf(connection).listen(listener)

export const unsafeRun = <E, R>(
  connection: Api.Connection,
  runtime: Runtime.Runtime<R>,
  handler: (connection: Api.Connection, message: Message) => Effect.Effect<unknown, E, R> | void,
  onDone: (exit: Exit.Exit<void, ConnectionError | E>) => void
): Effect.Effect<void> => {
  const { inbox } = connection as WholeConnection
  const driver = new Driver(inbox, runtime, {
    onMessage: (message) => handler(connection, message),
    onDone: (exit) => onDone(Exit.isFailure(exit) ? exit : reading.ending(inbox))
  })
  driver.start()
  return driver.stop
}
