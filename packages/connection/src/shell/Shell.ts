/**
 * Drives the machine: bytes, ends, deadlines and what users do are its inputs; the actions of each step are carried out on the transport,
 * and what was received goes to the inbox.
 *
 * It runs to completion. One loop makes a step, carries it out, reports it, and only then makes the next one; inputs that come meanwhile
 * wait in a queue. While it reports to users (calls a handler or a listener), the machine is at rest: if they close, that takes effect at
 * once, and only its results are reported later.
 *
 * It decides nothing about the protocol. Everything a host calls here returns without throwing.
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import type { AbortReason, Role } from "../CloseOutcome.js"
import { DropCause } from "../CloseOutcome.js"
import type { InflateResult } from "../host/Compression.js"
import type { Host, Options } from "../host/Host.js"
import type { Receiver, Transport } from "../host/Transport.js"
import * as Protocol from "../Protocol.js"
import { errorOf } from "../receiving/ends.js"
import { Inbox, type Owner } from "../receiving/Inbox.js"
import { Outbox } from "../sending/Outbox.js"
import { comparable } from "./comparable.js"
import { Endpoint } from "./Endpoint.js"
import { Inflation } from "./Inflation.js"
import { Keepalive } from "./Keepalive.js"
import { type Pings, RoundTrip } from "./Pings.js"
import { Waiting } from "./Waiting.js"

/** "Acting": a step is made and carried out. "Telling": it is reported to users. */
type Phase = "AtRest" | "Acting" | "Telling"

export abstract class Shell<A> extends Endpoint<A> implements Receiver, Owner {
  readonly inbox: Inbox<A>
  readonly outbox: Outbox
  protected state: Protocol.State = Protocol.open
  protected pings: Pings | undefined = undefined
  private phase: Phase = "AtRest"
  /** Inputs that came while a step was carried out or reported. */
  private queue: Array<() => Protocol.Step> | undefined = undefined
  private readonly inflation: Inflation | undefined
  private keepalive: Keepalive | undefined = undefined
  private waiting: Waiting | undefined = undefined
  /** The timer to start once at rest: the last of those that a closing handshake asks for at once. */
  private timer: Protocol.Timer | undefined = undefined
  /** Of keepalive pings, for hosts with a meter. */
  private roundTrip: RoundTrip | undefined = undefined
  private paused = false
  private discarding = false
  private isComplete = false

  constructor(
    private readonly transport: Transport,
    protected readonly host: Host,
    protected readonly settings: Protocol.Settings,
    weigh: (element: A) => number,
    { compression }: Options
  ) {
    super()
    this.inflation = compression === undefined ? undefined : new Inflation(compression, this)
    this.inbox = new Inbox(weigh, this)
    this.outbox = new Outbox(transport, host, compression, this)
    if (host.limits.keepaliveInterval > 0) this.keepalive = new Keepalive(this, host.deadlines, host.limits)
  }

  /** What a step received. */
  protected abstract received(step: Protocol.Step): ReadonlyArray<A>

  get role(): Role {
    return this.settings.role
  }

  get bufferedAmount(): number {
    return this.outbox.pending
  }

  // -- the transport

  onOctets(octets: Uint8Array): void {
    if (this.phase !== "AtRest") {
      const own = octets.slice() // they are lent
      return this.input(() => this.read(own))
    }
    try {
      this.runFrom(this.read(octets))
      if (this.state !== Protocol.open) this.detach()
    } catch (defect) {
      this.broke(defect)
    }
  }

  private read(octets: Uint8Array): Protocol.Step {
    this.host.meter?.read(octets.length)
    this.keepalive?.heard()
    return Protocol.receive(this.settings, this.state, octets)
  }

  onDrained(): void {
    try {
      this.outbox.onDrained()
    } catch (defect) {
      this.onDefect(defect)
    }
  }

  onEnd(): void {
    this.input(() => Protocol.ended(this.settings, this.state))
  }

  onClosed(error: unknown): void {
    const cause = error === undefined || error === null ? DropCause.Eof() : DropCause.Reset({ error })
    this.input(() => {
      this.stopTimer()
      return Protocol.broken(this.settings, this.state, cause)
    })
  }

  /** Gives the bytes that were read back to the transport. */
  private detach(): void {
    this.state = Protocol.detach(this.state)
    this.inflation?.detach()
  }

  // -- time

  onFired(progress: Protocol.Progress): void {
    this.input(() => Protocol.fired(this.settings, this.state, progress))
  }

  /** While we do not read, the peer's silence says nothing. */
  get isHearing(): boolean {
    return !this.paused
  }

  onSilence(): void {
    this.outbox.ping(nothing)
    if (this.host.meter === undefined) return
    this.roundTrip ??= new RoundTrip(this.host)
    this.roundTrip.begin()
  }

  onUnresponsive(): void {
    this.input(() => Protocol.unresponsive(this.settings, this.state))
  }

  // -- inflating

  onInflated(result: InflateResult): void {
    this.input(() => Protocol.inflated(this.settings, this.state, result))
  }

  // -- the inbox

  onTaken(): void {
    this.goOn()
  }

  onAsked(): void {
    if (this.state !== Protocol.open) this.goOn()
  }

  // -- users

  beginClose(status: CloseStatus): void {
    this.command(() => Protocol.close(this.settings, this.state, status))
  }

  cut(why: AbortReason): void {
    this.command(() => Protocol.abort(this.settings, this.state, why))
  }

  // -- defects

  /** Something threw where a host called: it ends this connection, and reaches neither the host nor other connections. */
  onDefect(defect: unknown): void {
    const failed = (): Protocol.Step => Protocol.failed(this.settings, this.state, defect)
    if (this.phase !== "AtRest") return this.later(failed)
    try {
      this.runFrom(failed())
    } catch {
      this.giveUp()
    }
  }

  /** Something threw out of the loop itself. */
  private broke(defect: unknown): void {
    this.phase = "AtRest"
    this.onDefect(defect)
  }

  /** Not even failing works. The transport's end completes it. */
  private giveUp(): void {
    this.phase = "AtRest"
    try {
      this.transport.destroy()
    } catch {
      // it says so itself, if it lives
    }
  }

  // -- the loop

  private input(take: () => Protocol.Step): void {
    if (this.phase !== "AtRest") return this.later(take)
    try {
      this.runFrom(take())
    } catch (defect) {
      this.broke(defect)
    }
  }

  /** An input of the user: while steps are reported to users, it takes effect at once. */
  private command(take: () => Protocol.Step): void {
    if (this.phase !== "Telling") return this.input(take)
    try {
      this.act(take())
    } catch (defect) {
      this.onDefect(defect)
    }
    this.phase = "Telling"
  }

  private later(take: () => Protocol.Step): void {
    if (this.queue === undefined) this.queue = [take]
    else this.queue.push(take)
  }

  /** There is room, or everything was handled: what waited for that follows. */
  private goOn(): void {
    if (this.phase !== "AtRest") return // the loop looks for itself
    try {
      this.runFrom(this.next())
    } catch (defect) {
      this.broke(defect)
    }
  }

  private runFrom(first: Protocol.Step | undefined): void {
    let step = first
    while (step !== undefined) {
      this.act(step)
      this.tell(step)
      step = this.next()
    }
    this.phase = "AtRest"
    if (this.timer !== undefined) this.startTimer(this.timer)
    this.adjustReading()
  }

  private startTimer(timer: Protocol.Timer): void {
    this.timer = undefined
    this.waiting ??= new Waiting(this, this.host.deadlines, this.host.limits)
    this.waiting.start(timer)
  }

  private stopTimer(): void {
    this.timer = undefined
    this.waiting?.stop()
  }

  /** The next step: a queued input, inflating, or a held Close or failure. */
  private next(): Protocol.Step | undefined {
    this.phase = "Acting"
    if (this.queue !== undefined) return this.queued(this.queue)
    if (this.inflation?.isAsked === true && Protocol.mayGoOn(this.state, this.hasRoom)) {
      const result = this.inflation.next()
      if (result !== undefined) return Protocol.inflated(this.settings, this.state, result)
    }
    return this.state._tag === "Settling" && this.inbox.isIdle
      ? Protocol.settle(this.settings, this.state)
      : undefined
  }

  private queued([take, ...others]: ReadonlyArray<() => Protocol.Step>): Protocol.Step | undefined {
    this.queue = others.length === 0 ? undefined : others
    return take?.()
  }

  /** Carries out a step, to its end, whatever happens. */
  private act(step: Protocol.Step): void {
    this.phase = "Acting"
    if (step.state !== this.state) this.turnTo(step.state)
    for (const action of step.actions) this.perform(action)
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

  private perform(action: Protocol.Action): void {
    switch (action._tag) {
      case "SendPong":
        return this.outbox.pong(action.payload)
      case "NotePong":
        this.roundTrip?.note(action.payload)
        return this.pings?.note(action.payload)
      case "Inflate":
        return this.inflation?.ask(action)
      case "SendClose":
        return this.outbox.close(
          action.status,
          () => this.input(() => Protocol.flushed(this.settings, this.state))
        )
      case "StartTimer":
        this.timer = action.timer
        return
      case "HalfClose":
        return this.outbox.end(this.state._tag === "Closed")
      case "Destroy":
        this.stopTimer()
        return this.transport.destroy()
    }
  }

  /** Reports a step to users: what was received, how reading ends, and the outcome. */
  private tell(step: Protocol.Step): void {
    this.phase = "Telling"
    const elements = this.received(step)
    if (elements.length > 0) {
      this.host.meter?.received(messagesIn(step))
      // Once we are closing, what nobody takes is checked and discarded, with all behind it: reading must go on.
      if (!this.hasRoom && !Protocol.maySend(this.state)) this.discarding = true
      if (!this.discarding) this.inbox.deliver(elements)
    }
    if (this.state !== Protocol.open) this.conclude()
  }

  /** What follows from a state other than plain Open. */
  private conclude(): void {
    if (this.inbox.end === undefined) {
      const end = Protocol.endOfReading(this.state)
      if (end !== undefined) this.inbox.finish(errorOf(end))
    }
    if (this.state._tag === "Closed") this.complete(this.state)
  }

  private complete(state: Protocol.Closed): void {
    if (this.isComplete) return
    this.isComplete = true
    this.outbox.shut(state)
    this.inflation?.free()
    this.tellOutcome(state.outcome, (defect) => this.onDefect(defect))
  }

  private get hasRoom(): boolean {
    return this.inbox.size <= this.host.limits.inboxSize
  }

  private adjustReading(): void {
    const pause = !Protocol.mayRead(this.state, this.hasRoom)
    if (pause === this.paused) return
    this.paused = pause
    if (pause) {
      this.host.meter?.paused?.(this.hasRoom ? "Inflating" : "InboxFull")
      this.transport.pause()
    } else {
      this.host.meter?.resumed?.()
      this.keepalive?.heard()
      this.transport.resume()
    }
  }
}

/** How many whole messages a step received. */
const messagesIn = ({ fragments, messages }: Protocol.Step): number => {
  let count = messages.length
  for (const { _tag } of fragments) if (_tag === "End") count++
  return count
}

const nothing = new Uint8Array(0)
