/**
 * Messages and control frames -> one write for all that was sent in the same turn of the event loop. In: what to send, in the
 * order of calls. Out: bytes on the transport.
 *
 *     data     Admission ──> DeflateQueue, if compressed ──> FrameWriter ──> transport
 *     control ───────────────────────────────────────────> FrameWriter
 *
 * It counts what has not left, by which `Admission` decides. It knows no states: the connection calls {@link Outbox.shut} when no more
 * data may be sent.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type { Octets } from "@effect-ws/codec/Primitives"
import type * as Effect from "effect/Effect"
import type { ConnectionClosed } from "../ConnectionError.js"
import type { Compression } from "../host/Compression.js"
import type { Meter } from "../host/Meter.js"
import type { Task, Transport } from "../host/Transport.js"
import type { Limits } from "../Limits.js"
import { type Content, type Outgoing, PreparedMessage, TextBytes } from "../Message.js"
import { Admission, type Gated } from "./Admission.js"
import { DeflateQueue, type Output } from "./DeflateQueue.js"
import { fin, FrameWriter, type Framing } from "./FrameWriter.js"
import { requireOctets } from "./sendable.js"
import { encode } from "./text.js"

/** What all connections of a layer share. */
interface Shared {
  readonly framing: Framing
  readonly limits: Limits
  readonly meter: Meter | undefined
}

/** Is told that something threw where a host called: it must not reach the host. */
interface Owner {
  onDefect(defect: unknown): void
}

/** From this many queued bytes on, they are written at once. */
const flushFrom = 64 * 1024

export class Outbox implements Task, Gated, Output {
  private readonly admission: Admission
  private readonly deflates: DeflateQueue | undefined
  /** Frames that are not yet written. */
  private writer: FrameWriter | undefined = undefined
  private written = 0
  /** Written, and the transport is over its mark. */
  private inFlight = 0
  private pongs = 0
  private latestPong: Uint8Array | undefined = undefined
  private armed = false
  private blocked = false

  constructor(
    private readonly transport: Transport,
    private readonly shared: Shared,
    compression: Compression | undefined,
    private readonly owner: Owner
  ) {
    this.admission = new Admission(this, shared.limits, shared.meter)
    this.deflates = compression === undefined ? undefined : new DeflateQueue(compression, shared.framing, this)
  }

  /** Bytes that have left for the system. */
  get delivered(): number {
    return this.written - this.transport.pending
  }

  /** Bytes accepted and not yet sent. */
  get pending(): number {
    return this.queued + this.transport.pending
  }

  get outstanding(): number {
    return this.queued + this.inFlight
  }

  private get queued(): number {
    const framed = this.writer === undefined ? 0 : this.writer.size
    return this.deflates === undefined ? framed : framed + this.deflates.size
  }

  get isShut(): boolean {
    return this.admission.isShut
  }

  get error(): ConnectionClosed {
    return this.admission.error
  }

  // -- data

  trySend(message: Outgoing): "accepted" | "full" | "closed" {
    if (typeof message !== "string") requireOctets(message)
    const { verdict } = this.admission
    if (verdict === "accepted") this.accept(message)
    return verdict
  }

  /** Waits in line to send `message`, or for the data channel, which {@link release} gives back. */
  wait(message: Outgoing | undefined): Effect.Effect<void, ConnectionClosed> {
    return this.admission.wait(message)
  }

  /** Gives the data channel back. */
  release(): void {
    this.admission.release()
  }

  /** Sends one fragment of a message, for the holder of the data channel. Returns whether there is room for more. */
  fragment(opcode: number, content: Content, isLast: boolean): boolean {
    if (isLast) this.shared.meter?.sent()
    const first = isLast ? fin | opcode : opcode
    if (this.deflates === undefined) this.frame(first, content)
    else this.deflates.fragment(first, content)
    return !this.admission.isFull
  }

  /** Waits until there is room. For the holder of the data channel. */
  room(): Effect.Effect<void, ConnectionClosed> {
    return this.admission.room()
  }

  /** Fails once no more data may be sent. For the holder of the data channel, which may wait for something else meanwhile. */
  untilShut(): Effect.Effect<never, ConnectionClosed> {
    return this.admission.untilShut()
  }

  /** No more data: all waiting and later senders fail. What was accepted is still written, until the connection has ended. */
  shut(state: ConnectionClosed["state"]): void {
    this.admission.shut(state)
    if (state._tag === "Closed") this.deflates?.stop()
  }

  accept(message: Outgoing): void {
    this.shared.meter?.sent()
    if (message instanceof PreparedMessage) {
      const { primitives } = this.shared.framing
      const payload = message.payload((text) => encode(primitives, text))
      if (this.deflates === undefined) this.frame(fin | Frame.opcode[message.kind], payload)
      else this.deflates.prepared(Frame.opcode[message.kind], message, payload)
    } else if (message instanceof TextBytes) {
      this.message(Frame.opcode.text, message.bytes)
    } else {
      this.message(typeof message === "string" ? Frame.opcode.text : Frame.opcode.binary, message)
    }
  }

  private message(opcode: number, content: Content): void {
    if (this.deflates === undefined) this.frame(fin | opcode, content)
    else this.deflates.message(opcode, content)
  }

  // -- control

  ping(payload: Uint8Array): void {
    this.frame(fin | Frame.opcode.ping, payload)
  }

  /** Answers every ping, in order; while too many answers wait, only the latest (RFC 6455 §5.5.3). */
  pong(payload: Uint8Array): void {
    if (this.blocked && !(this.pongs <= this.shared.limits.pongSize)) {
      this.latestPong = payload.slice()
      return
    }
    this.pongs += Frame.maxHeaderSize + payload.length
    this.frame(fin | Frame.opcode.pong, payload)
  }

  /** Sends a Close after everything else. It is written at once, and `flushed` is called when it has left. */
  close(status: CloseStatus.CloseStatus, flushed: () => void): void {
    this.behindAll(() => {
      this.latestPong = undefined
      this.frame(fin | Frame.opcode.close, CloseStatus.encode(this.shared.framing.primitives, status))
      this.flushBlocked(flushed)
    })
  }

  /** Ends our side after all that was accepted; with `now`, without what is still being deflated. */
  end(now: boolean): void {
    const end = (): void => {
      this.flush()
      this.transport.halfClose()
    }
    if (now) end()
    else this.behindAll(end)
  }

  /** Calls `task` when everything accepted so far has left for the system. */
  whenFlushed(task: () => void): void {
    this.behindAll(() => this.flushBlocked(task))
  }

  /** Whether a message is being deflated, or others wait behind it, which only control frames may overtake. */
  get isBehind(): boolean {
    return this.deflates !== undefined && this.deflates.isBehind
  }

  private behindAll(task: () => void): void {
    if (this.deflates === undefined) task()
    else this.deflates.behindAll(task)
  }

  // -- frames

  frame(first: number, payload: Content): void {
    const writer = this.writer ??= new FrameWriter(this.shared.framing, this.transport.releases === true)
    writer.frame(first, payload)
    this.admission.onGrown()
    if (writer.size >= flushFrom && !this.blocked) return this.flush()
    if (this.armed) return
    this.armed = true
    this.transport.atEndOfTurn(this)
  }

  onGrown(): void {
    this.admission.onGrown()
  }

  onCaughtUp(): void {
    this.admission.admit()
  }

  onDefect(defect: unknown): void {
    this.owner.onDefect(defect)
  }

  // -- the transport

  /** Writes all that was queued in this turn. */
  runTask(): void {
    this.armed = false
    try {
      if (!this.blocked) this.flush()
    } catch (defect) {
      this.owner.onDefect(defect)
    }
  }

  onDrained(): void {
    this.blocked = false
    this.inFlight = 0
    this.pongs = 0
    if (this.latestPong !== undefined) {
      const payload = this.latestPong
      this.latestPong = undefined
      this.pong(payload)
    }
    this.flush()
    this.admission.admit()
  }

  /** Writes although the transport is over its mark, and calls `task` when it has left. */
  private flushBlocked(task: () => void): void {
    this.blocked = false
    this.flush()
    this.transport.whenFlushed(task)
  }

  /** Gives memory back once it has left; never, if the transport is closed before. */
  private giveBack(borrowed: ReadonlyArray<Octets>): void {
    const { spare } = this.shared.framing
    this.transport.whenFlushed(() => {
      for (const memory of borrowed) spare.give(memory)
    })
  }

  private flush(): void {
    const { writer } = this
    this.writer = undefined
    if (writer === undefined || writer.size === 0) return
    const pieces = writer.finish()
    if (pieces === undefined) return this.owner.onDefect(new TypeError(givenAway))
    this.written += writer.size
    this.inFlight += writer.size
    this.shared.meter?.written(writer.size)
    const passes = this.transport.write(pieces)
    if (writer.borrowed !== undefined) this.giveBack(writer.borrowed)
    if (passes) {
      this.inFlight = 0
      this.pongs = 0
      this.admission.admit()
    } else {
      this.blocked = true
    }
  }
}

const givenAway = "the memory of a binary message was transferred to another thread before it was written. " +
  "Wait for `flush`, or send a copy."
