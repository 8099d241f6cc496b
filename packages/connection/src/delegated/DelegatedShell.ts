/**
 * Drives a connection whose protocol the host speaks: messages go to the inbox, closing and limits are ours, and of how it ended we
 * say what the host tells. The counterpart of `Shell`, without a machine: there is no frame to judge.
 *
 *     transport -- onMessage --> size, room --> Inbox          outbox --> transport.send
 *     Open --> Closing (our close) --> Closed                  Open --> Failing (a limit of ours) --> Closed
 *
 * A Close of the peer's is answered by the host, at once, and told of when all is over.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Primitives } from "@effect-ws/codec/Primitives"
import * as Effect from "effect/Effect"
import { type AbortReason, CloseOutcome, DropCause, Excess, type Facts, Failure, violation } from "../CloseOutcome.js"
import type * as Api from "../Connection.js"
import { type InvalidClose, PingUnavailable } from "../ConnectionError.js"
import type { Deadline, Deadlines, Expiring } from "../host/Deadlines.js"
import type { HostEnd, MessageReceiver, MessageTransport } from "../host/MessageTransport.js"
import type { Meter } from "../host/Meter.js"
import type { Limits } from "../Limits.js"
import type { Message, TextBytes } from "../Message.js"
import { endOfOutcome } from "../protocol/endings.js"
import { closeOf } from "../protocol/failing.js"
import { errorOf } from "../receiving/ends.js"
import { Inbox, type Owner } from "../receiving/Inbox.js"
import { Endpoint } from "../shell/Endpoint.js"
import { fit, privately, problemOf } from "./codes.js"
import { DelegatedOutbox } from "./DelegatedOutbox.js"

/** What all connections of a layer share. */
export interface Shared {
  readonly limits: Limits
  readonly deadlines: Deadlines
  readonly meter: Meter | undefined
  readonly text: Text
}

/** What of UTF-8 is needed where the host gives and takes text as strings. */
export interface Text extends Pick<Primitives, "utf8Length"> {
  readonly toBytes: (text: string) => TextBytes
}

type Phase =
  | { readonly _tag: "Open" }
  | { readonly _tag: "Closing"; readonly status: CloseStatus.CloseStatus }
  | { readonly _tag: "Failing"; readonly status: CloseStatus.CloseStatus; readonly failure: Failure }
  | { readonly _tag: "Closed"; readonly outcome: CloseOutcome }

const open: Phase = { _tag: "Open" }

/** How often a timer starts anew while the host still sends what was accepted. */
const mostExtensions = 10

export abstract class DelegatedShell<A> extends Endpoint<A> implements MessageReceiver, Owner, Expiring {
  readonly role = "client"
  readonly inbox: Inbox<A>
  protected readonly outbox: DelegatedOutbox
  private phase: Phase = open
  private timer: Deadline | undefined = undefined
  private extended = 0
  private deliveredBefore = 0
  private isPaused = false

  constructor(
    protected readonly transport: MessageTransport,
    protected readonly host: Shared,
    readonly opening: Api.Opening,
    weigh: (element: A) => number
  ) {
    super()
    this.inbox = new Inbox(weigh, this)
    this.outbox = new DelegatedOutbox(transport, host)
  }

  /** What a message is to those who read. */
  protected abstract received(message: Message): ReadonlyArray<A>

  /** Whether `maxMessageSize` applies. */
  protected abstract readonly isLimited: boolean

  get bufferedAmount(): number {
    return this.transport.pending
  }

  get isOpen(): boolean {
    return this.phase._tag === "Open" && this.transport.isOpen
  }

  protected get stateName(): string {
    return this.phase._tag
  }

  protected get ended(): CloseOutcome | undefined {
    return this.phase._tag === "Closed" ? this.phase.outcome : undefined
  }

  get ping(): Api.Lifecycle["ping"] {
    return Effect.suspend(() => Effect.fail(this.outbox.isShut ? this.outbox.error : new PingUnavailable()))
  }

  protected whenFlushed(task: () => void): void {
    this.outbox.whenFlushed(task)
  }

  problemOf(code: number, reason: string): InvalidClose["problem"] | undefined {
    return problemOf(this.host.text, code, reason)
  }

  fitted(status: CloseStatus.Status): CloseStatus.Fitted {
    return fit(this.host.text, status)
  }

  // -- the transport

  onMessage(message: Message): void {
    if (this.phase._tag !== "Open" && this.phase._tag !== "Closing") return
    try {
      this.outbox.onReceived()
      this.take(message)
    } catch (defect) {
      this.onDefect(defect)
    }
  }

  onDrained(): void {
    this.outbox.onDrained()
  }

  onClosed(end: HostEnd): void {
    this.complete(this.outcomeOf(end))
  }

  private take(message: Message): void {
    const excess = this.isLimited ? this.excessOf(message) : undefined
    if (excess !== undefined) return this.fail(violation("MessageTooBig", excess))
    if (!this.hasRoom) {
      if (this.phase._tag === "Closing") return // what nobody takes is discarded: the Close is behind it
      if (this.transport.pausing === undefined) {
        return this.fail(Failure.InboxFull({ limit: this.host.limits.inboxSize, size: this.inbox.size }))
      }
    }
    this.host.meter?.received(1)
    this.inbox.deliver(this.received(message))
    if (this.hasRoom || this.isPaused || this.transport.pausing === undefined) return
    this.isPaused = true
    this.transport.pausing.pause()
  }

  private excessOf(message: Message): Excess | undefined {
    const limit = this.host.limits.maxMessageSize
    const atMost = typeof message === "string" ? message.length * 3 : message.length
    if (atMost <= limit) return undefined
    const length = typeof message === "string" ? this.host.text.utf8Length(message) : message.length
    return length <= limit ? undefined : Excess.Declared({ limit, length })
  }

  // -- the inbox

  onTaken(): void {
    if (!this.isPaused || !this.hasRoom) return
    this.isPaused = false
    this.transport.pausing?.resume()
  }

  onAsked(): void {}

  private get hasRoom(): boolean {
    return this.inbox.size <= this.host.limits.inboxSize
  }

  // -- closing

  beginClose(status: CloseStatus.CloseStatus): void {
    if (this.phase._tag !== "Open") return
    this.leaveOpen({ _tag: "Closing", status })
    this.resume()
    this.start(this.host.limits.closeTimeout)
    this.transport.close(status)
  }

  /** A limit of ours, or a fault: what was received before can be read, and what comes is dropped. */
  private fail(failure: Failure): void {
    const status = privately(closeOf(failure))
    const isOurs = this.phase._tag === "Open"
    this.leaveOpen({ _tag: "Failing", status: this.phase._tag === "Closing" ? this.phase.status : status, failure })
    this.inbox.finish(errorOf({ _tag: "Failed", failure }))
    this.start(this.host.limits.dropTimeout)
    if (isOurs) this.transport.close(status)
  }

  private onDefect(defect: unknown): void {
    if (this.phase._tag === "Open" || this.phase._tag === "Closing") this.fail(Failure.Defect({ defect }))
  }

  cut(why: AbortReason): void {
    const { phase } = this
    if (phase._tag === "Closed") return
    this.transport.destroy()
    if (phase._tag === "Failing") return this.complete(CloseOutcome.Failed({ ...this.facts, failure: phase.failure }))
    this.complete(CloseOutcome.Aborted({ ...this.facts, droppedBy: "us", why }))
  }

  onDeadline(): void {
    this.timer = undefined
    const { phase } = this
    if (phase._tag !== "Closing" && phase._tag !== "Failing") return
    const { delivered } = this.outbox
    if (delivered > this.deliveredBefore && ++this.extended < mostExtensions) {
      return this.start(phase._tag === "Closing" ? this.host.limits.closeTimeout : this.host.limits.dropTimeout)
    }
    this.transport.destroy()
    const facts: Facts = { ...this.facts, droppedBy: "us" }
    this.complete(
      phase._tag === "Failing"
        ? CloseOutcome.Failed({ ...facts, failure: phase.failure })
        : CloseOutcome.CloseTimeout(facts)
    )
  }

  private start(after: number): void {
    this.stop()
    this.deliveredBefore = this.outbox.delivered
    this.timer = this.host.deadlines.start(after, this)
  }

  private stop(): void {
    if (this.timer !== undefined) this.host.deadlines.cancel(this.timer)
    this.timer = undefined
  }

  /** Behind a paused inbox sits the Close. */
  private resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.transport.pausing?.resume()
  }

  private leaveOpen(phase: Phase): void {
    const wasOpen = this.phase._tag === "Open"
    this.phase = phase
    if (wasOpen) this.host.meter?.closing(this)
    this.outbox.shut(phase._tag === "Closed" ? phase : { _tag: "Closing" })
  }

  private complete(outcome: CloseOutcome): void {
    if (this.phase._tag === "Closed") return
    this.stop()
    this.leaveOpen({ _tag: "Closed", outcome })
    this.inbox.finish(errorOf(endOfOutcome(outcome)))
    this.tellOutcome(outcome, () => {})
  }

  // -- what is told of the end

  /** What we know by ourselves. */
  private get facts(): Facts {
    switch (this.phase._tag) {
      case "Closing":
      case "Failing":
        return { role: "client", closedFirst: "us", local: this.phase.status, remote: undefined, droppedBy: "us" }
      case "Open": // whoever gives a host's WebSocket up has it send a Close, as there is no other way
        return { role: "client", closedFirst: "us", local: CloseStatus.empty, remote: undefined, droppedBy: "us" }
      case "Closed":
        return this.phase.outcome
    }
  }

  private outcomeOf(end: HostEnd): CloseOutcome {
    const { phase } = this
    const remote = remoteOf(end)
    if (phase._tag === "Failing") {
      return CloseOutcome.Failed({ ...this.facts, remote, failure: phase.failure })
    }
    const facts: Facts = phase._tag === "Open"
      // The host answers a Close of the peer's by itself, and does not tell with what.
      ? {
        role: "client",
        closedFirst: remote === undefined ? "none" : "peer",
        local: undefined,
        remote,
        droppedBy: "peer"
      }
      : { ...this.facts, remote, droppedBy: "peer" }
    return end.wasClean
      ? CloseOutcome.Clean(facts)
      : CloseOutcome.Dropped({ ...facts, cause: DropCause.Reset({ error: end.error }) })
  }
}

const remoteOf = ({ code, reason }: HostEnd): CloseStatus.CloseStatus | undefined => {
  if (code === 1005) return CloseStatus.empty
  return code === 1006 || code === 1015 ? undefined : CloseStatus.make(code, reason)
}
