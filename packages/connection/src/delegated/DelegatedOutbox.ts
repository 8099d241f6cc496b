/**
 * Messages -> the host's WebSocket, while it has room. In: what to send, in the order of calls. Out: messages on the transport.
 *
 * What a host has not sent yet it tells when it is asked (`bufferedAmount`), and mostly of nothing else: so it is asked again, after
 * a while, for as long as somebody waits. It knows no states but what the connection says by {@link DelegatedOutbox.shut}.
 */
import * as Effect from "effect/Effect"
import type { ConnectionClosed } from "../ConnectionError.js"
import type { Deadline, Deadlines, Expiring } from "../host/Deadlines.js"
import type { MessageTransport } from "../host/MessageTransport.js"
import type { Meter } from "../host/Meter.js"
import type { Limits } from "../Limits.js"
import { type Outgoing, PreparedMessage, TextBytes } from "../Message.js"
import { Admission, type Gated } from "../sending/Admission.js"
import { requireOctets } from "../sending/sendable.js"
import type { Accepting } from "../sending/senders.js"

/** Milliseconds until the first look at what the host has not sent yet, twice as long until the next, and so on. */
const [firstPause, longestPause] = [4, 16]

interface Flush {
  /** What must have left. */
  readonly mark: number
  readonly task: () => void
}

export class DelegatedOutbox implements Accepting, Gated, Expiring {
  private readonly admission: Admission
  private accepted = 0
  private flushes: ReadonlyArray<Flush> = []
  private look: Deadline | undefined = undefined
  private pause = firstPause

  constructor(
    private readonly transport: MessageTransport,
    private readonly shared: {
      readonly limits: Limits
      readonly deadlines: Deadlines
      readonly meter: Meter | undefined
    }
  ) {
    this.admission = new Admission(this, shared.limits, shared.meter)
  }

  get outstanding(): number {
    return this.transport.pending
  }

  /** Bytes that have left, as far as the host tells. */
  get delivered(): number {
    return this.accepted - this.transport.pending
  }

  get isShut(): boolean {
    return this.admission.isShut
  }

  get error(): ConnectionClosed {
    return this.admission.error
  }

  trySend(message: Outgoing): "accepted" | "full" | "closed" {
    if (typeof message !== "string") requireOctets(message)
    this.update()
    const { verdict } = this.admission
    if (verdict === "accepted") this.accept(message)
    return verdict
  }

  wait(message: Outgoing | undefined): Effect.Effect<void, ConnectionClosed> {
    return Effect.suspend(() => {
      this.update()
      this.lookLater()
      return this.admission.wait(message)
    })
  }

  release(): void {
    this.admission.release()
  }

  untilShut(): Effect.Effect<never, ConnectionClosed> {
    return this.admission.untilShut()
  }

  accept(message: Outgoing): void {
    const before = this.transport.pending
    const content = message instanceof PreparedMessage ? message.message : message
    this.transport.send(content instanceof TextBytes ? content.toString() : content)
    this.accepted += this.transport.pending - before
    this.shared.meter?.sent()
    this.admission.onGrown()
  }

  whenFlushed(task: () => void): void {
    if (this.transport.pending === 0) return task()
    this.flushes = [...this.flushes, { mark: this.accepted, task }]
    this.lookLater()
  }

  shut(state: ConnectionClosed["state"]): void {
    this.admission.shut(state)
    if (state._tag === "Closing") return
    this.flushes = []
    if (this.look !== undefined) this.shared.deadlines.cancel(this.look)
    this.look = undefined
  }

  onDrained(): void {
    this.update()
    const { delivered } = this
    const due = this.flushes.filter(({ mark }) => mark <= delivered)
    this.flushes = this.flushes.filter(({ mark }) => mark > delivered)
    for (const { task } of due) task()
  }

  /** News of the peer's is a moment to look, too: on a page that is hidden timers come once a second, and messages at once. */
  onReceived(): void {
    if (this.look !== undefined) this.onDrained()
  }

  onDeadline(): void {
    this.look = undefined
    this.onDrained()
    const isWaitedFor = this.admission.isWaiting || this.flushes.length > 0
    this.pause = isWaitedFor ? Math.min(2 * this.pause, longestPause) : firstPause
    if (isWaitedFor) this.lookLater()
  }

  /** What the host tells by now. Once the peer has closed, it takes what is sent, and drops it. */
  private update(): void {
    if (this.admission.isShut) return
    if (!this.transport.isOpen) this.admission.shut({ _tag: "Closing" })
    else if (this.admission.isFull) this.admission.admit()
  }

  private lookLater(): void {
    this.look ??= this.shared.deadlines.start(this.pause, this)
  }
}
