/**
 * Messages and control frames -> one write for all that was sent in the same turn of the event loop. In: what to send, in the
 * order of calls. Out: frames (RFC 6455 §5.2), masked when a key source is given, in as few pieces of memory as possible.
 *
 * It keeps the byte budget: beyond it, senders wait in line, and are served in that order. A hot module: frames are written at
 * once, small ones side by side into memory that all connections of a layer share, large octets by reference. It knows no
 * states; whether data may still be sent is what `Connection` says by {@link Outbox.shut}.
 *
 * @since 0.1.0
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as Frame from "@effect-ws/codec/Frame"
import type { Primitives } from "@effect-ws/codec/Primitives"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { ConnectionClosed } from "../ConnectionError.js"
import type { Compression } from "../host/Compression.js"
import type { Task, Transport } from "../host/Transport.js"
import type { Limits } from "../Limits.js"
import { type Content, type Outgoing, PreparedMessage } from "../Message.js"
import { requireOctets } from "./sendable.js"
import type { Slab } from "./Slab.js"

/**
 * What is the same for all connections of a layer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Framing {
  readonly primitives: Primitives
  /** A fresh, unpredictable masking key (RFC 6455 §5.3), unsigned 32 bits; `undefined` for a server, which does not mask. */
  readonly mask: (() => number) | undefined
  readonly slab: Slab
}

/** Whoever waits: to send a message, or (`undefined`) for the data channel as a whole. */
interface Waiter {
  readonly message: Outgoing | undefined
  readonly resume: (effect: Effect.Effect<void, ConnectionClosed>) => void
}

/** Whoever is told that something threw where a host calls: nothing of it may reach the host. */
interface Owner {
  onDefect(defect: unknown): void
}

interface Postponed {
  readonly size: number
  readonly task: () => void
}

/** From here on octets are referenced, not copied: a copy would cost more than a second piece in the write. */
const referenceFrom = 16 * 1024
/** What is queued is written at once from here on. */
const flushFrom = 64 * 1024

const closing = new ConnectionClosed({ state: Data.struct({ _tag: "Closing" }) })
const finalFrame = 0x80
const rsv1 = 0x40
const opcodeBits = 0x0f

/**
 * @since 0.1.0
 * @category models
 */
export class Outbox implements Task {
  /** Set once no more data may be sent. An error, whose stack costs more than the rest of closing, only once somebody asks. */
  private shutBy: ConnectionClosed | ConnectionClosed["state"] | undefined = undefined
  /** Finished pieces; what is still being added to is `memory` from `from` to `to`. */
  private pieces: Array<Uint8Array> = []
  private memory: Uint8Array = nothing
  private from = 0
  private to = 0
  private queued = 0
  private written = 0
  private inFlight = 0
  private pongs = 0
  private latestPong: Uint8Array | undefined = undefined
  private waiters: Array<Waiter> = []
  private armed = false
  private blocked = false
  private full = false
  private held = false
  private admitting = false
  /** A message is being deflated in another turn; what waits behind it, and what that weighs. */
  private deflating = false
  private backlog: Array<Postponed> | undefined = undefined
  private backlogSize = 0

  constructor(
    private readonly transport: Transport,
    private readonly framing: Framing,
    private readonly limits: Limits,
    private readonly compression: Compression | undefined,
    private readonly owner: Owner
  ) {}

  /** Octets that have left for the system. */
  get delivered(): number {
    return this.written - this.transport.pending
  }

  /** Octets accepted that have not left. */
  get pending(): number {
    return this.queued + this.backlogSize + this.transport.pending
  }

  get isShut(): boolean {
    return this.shutBy !== undefined
  }

  get error(): ConnectionClosed {
    if (this.shutBy === undefined) return closing
    if (!(this.shutBy instanceof ConnectionClosed)) {
      this.shutBy = new ConnectionClosed({ state: Data.struct(this.shutBy) })
    }
    return this.shutBy
  }

  // -- data

  trySend(message: Outgoing): "accepted" | "full" | "closed" {
    if (typeof message !== "string") requireOctets(message)
    if (this.shutBy !== undefined) return "closed"
    if (this.full || this.held || this.waiters.length > 0) return "full"
    this.accept(message)
    return "accepted"
  }

  /** Waits in line to send `message`, or for the data channel, which {@link release} gives back. */
  wait(message: Outgoing | undefined): Effect.Effect<void, ConnectionClosed> {
    return Effect.async((resume) => {
      if (this.shutBy !== undefined) return resume(Effect.fail(this.error))
      const waiter: Waiter = { message, resume }
      this.waiters.push(waiter)
      this.admit()
      return Effect.sync(() => {
        const index = this.waiters.indexOf(waiter)
        if (index >= 0) this.waiters.splice(index, 1)
        else if (message === undefined) this.release() // granted, and interrupted before it ran
        this.admit()
      })
    })
  }

  /** Gives the data channel back. */
  release(): void {
    this.held = false
    this.admit()
  }

  /** One fragment of a message, by the holder of the data channel. Whether there is room for more. */
  fragment(opcode: number, content: Content, fin: boolean): boolean {
    this.data((fin ? finalFrame : 0) | opcode, content, this.compression !== undefined)
    return !this.full
  }

  /** Waits until there is room: for the holder of the data channel. */
  room(): Effect.Effect<void, ConnectionClosed> {
    return Effect.async((resume) => {
      if (this.shutBy !== undefined) return resume(Effect.fail(this.error))
      if (!this.full) return resume(Effect.void)
      this.roomFor = resume
      return Effect.sync(() => {
        this.roomFor = undefined
      })
    })
  }
  private roomFor: ((effect: Effect.Effect<void, ConnectionClosed>) => void) | undefined = undefined

  /** Fails once no more data may be sent: for the holder of the data channel, who may wait for something else meanwhile. */
  untilShut(): Effect.Effect<never, ConnectionClosed> {
    return Effect.async((resume) => {
      if (this.shutBy !== undefined) return resume(Effect.fail(this.error))
      this.onShut = resume
      return Effect.sync(() => {
        this.onShut = undefined
      })
    })
  }
  private onShut: ((effect: Effect.Effect<never, ConnectionClosed>) => void) | undefined = undefined

  /** No more data: whoever waits, and whoever comes, fails. What was accepted is still written. */
  shut(state: ConnectionClosed["state"]): void {
    this.shutBy = state
    const { onShut, roomFor, waiters } = this
    this.waiters = []
    this.roomFor = undefined
    this.onShut = undefined
    for (const waiter of waiters) waiter.resume(Effect.fail(this.error))
    roomFor?.(Effect.fail(this.error))
    onShut?.(Effect.fail(this.error))
  }

  // -- control

  ping(payload: Uint8Array): void {
    this.frame(finalFrame | Frame.opcode.ping, payload)
  }

  /** Every ping is answered, in order; while too many answers wait, only the latest (RFC 6455 §5.5.3). */
  pong(payload: Uint8Array): void {
    if (this.blocked && !(this.pongs <= this.limits.pongSize)) {
      this.latestPong = payload.slice()
      return
    }
    this.pongs += Frame.maxHeaderSize + payload.length
    this.frame(finalFrame | Frame.opcode.pong, payload)
  }

  /** Behind everything else. Written at once, and `flushed` called when it has left. */
  close(status: CloseStatus.CloseStatus, flushed: () => void): void {
    this.behindAll(() => this.closeFrame(status, flushed))
  }

  private closeFrame(status: CloseStatus.CloseStatus, flushed: () => void): void {
    this.latestPong = undefined
    this.frame(finalFrame | Frame.opcode.close, CloseStatus.encode(this.framing.primitives, status))
    this.blocked = false
    this.flush()
    this.transport.whenFlushed(flushed)
  }

  /** Ends our side, behind all that was accepted; `now`, without what is still being deflated. */
  end(now: boolean): void {
    const end = (): void => {
      this.flush()
      this.transport.halfClose()
    }
    if (now) end()
    else this.behindAll(end)
  }

  // -- the transport

  /** All that was queued in this turn. */
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
    this.admit()
  }

  /** Calls `task` when all that was accepted so far has left for the system. */
  whenFlushed(task: () => void): void {
    this.behindAll(() => {
      this.blocked = false
      this.flush()
      this.transport.whenFlushed(task)
    })
  }

  private flush(): void {
    this.finishPiece()
    if (this.pieces.length === 0) return
    const { pieces, queued } = this
    this.pieces = []
    // An idle connection keeps no memory for what it has written.
    this.memory = nothing
    this.from = this.to = 0
    this.queued = 0
    if (lengthOf(pieces) !== queued) return this.owner.onDefect(new TypeError(givenAway))
    this.written += queued
    this.inFlight += queued
    if (this.transport.write(pieces)) {
      this.inFlight = 0
      this.pongs = 0
      this.admit()
    } else {
      this.blocked = true
    }
  }

  private makeRoom(): void {
    if (!this.full || !(this.queued + this.backlogSize + this.inFlight <= this.limits.outboxResume)) return
    this.full = false
    const roomFor = this.roomFor
    this.roomFor = undefined
    roomFor?.(Effect.void)
  }

  private admit(): void {
    this.makeRoom()
    if (this.admitting) return // by what is written for those who are being admitted
    this.admitting = true
    while (!this.held && !this.full) {
      const waiter = this.waiters.shift()
      if (waiter === undefined) break
      if (waiter.message === undefined) this.held = true
      else if (!this.acceptOf(waiter, waiter.message)) continue
      waiter.resume(Effect.void)
    }
    this.admitting = false
  }

  /** A message whose memory was given away while it waited is a defect of its sender, and of nobody else. */
  private acceptOf(waiter: Waiter, message: Outgoing): boolean {
    try {
      this.accept(message)
      return true
    } catch (defect) {
      waiter.resume(Effect.die(defect))
      return false
    }
  }

  // -- frames

  protected accept(message: Outgoing): void {
    if (message instanceof PreparedMessage) {
      this.whole(Frame.opcode[message.kind], message.payload((text) => this.encode(text)))
    } else {
      this.whole(typeof message === "string" ? Frame.opcode.text : Frame.opcode.binary, message)
    }
  }

  private whole(opcode: number, content: Content): void {
    if (this.compression === undefined) return this.frame(finalFrame | opcode, content)
    // text takes an octet for each UTF-16 unit at least: only what seems small needs counting
    const worth = this.compression.isWorth(content.length) ||
      (typeof content === "string" && this.compression.isWorth(this.framing.primitives.utf8Length(content)))
    this.data(finalFrame | opcode, content, worth)
  }

  /** Text to be deflated: if it is small, in memory that is used again. */
  private plain(text: string): Uint8Array {
    const { primitives, slab } = this.framing
    const size = primitives.utf8Length(text)
    if (size > slab.largest) return this.encode(text)
    if (slab.plain.length === 0) slab.plain = primitives.allocate(slab.largest)
    primitives.encodeUtf8(text, slab.plain, 0)
    return slab.plain.subarray(0, size)
  }

  private encode(text: string): Uint8Array {
    const { primitives } = this.framing
    const octets = primitives.allocate(primitives.utf8Length(text))
    primitives.encodeUtf8(text, octets, 0)
    return octets
  }

  /** A data frame, deflated or not, behind those that are still being deflated. */
  private data(first: number, content: Content, deflate: boolean): void {
    if (!this.isBehind) return this.transform(first, content, deflate)
    const kept = typeof content === "string" ? content : new Uint8Array(content) // the sender may do with its own what it likes
    this.postpone(kept.length, () => this.transform(first, kept, deflate))
  }

  private transform(first: number, content: Content, deflate: boolean): void {
    if (!deflate || this.compression === undefined) return this.frame(first, content)
    const octets = typeof content === "string" ? this.plain(content) : content
    // 7692 §6.1: RSV1 marks the first frame of a message
    const marked = (first & opcodeBits) === Frame.opcode.continuation ? first : first | rsv1
    const answer = this.compression.deflate(octets, (first & finalFrame) !== 0)
    if (answer._tag === "Now") {
      // lent: what would be referenced is copied
      return this.frame(marked, answer.value.length < referenceFrom ? answer.value : answer.value.slice())
    }
    const size = octets.length
    this.deflating = true
    this.backlogSize += size
    this.fill()
    answer.listen((deflated) => {
      this.deflating = false
      this.backlogSize -= size
      try {
        this.frame(marked, deflated)
        this.catchUp()
      } catch (defect) {
        this.undeflatable(defect)
      }
    }, (defect) => this.undeflatable(defect))
  }

  /** What waits behind a message that cannot be deflated can't be either. */
  private undeflatable(defect: unknown): void {
    this.deflating = false
    this.backlog = undefined
    this.backlogSize = 0
    this.owner.onDefect(defect)
  }

  /** A message is being deflated, or others still wait behind it, which nothing may overtake but control frames. */
  get isBehind(): boolean {
    return this.deflating || (this.backlog !== undefined && this.backlog.length > 0)
  }

  private behindAll(task: () => void): void {
    if (this.isBehind) this.postpone(0, task)
    else task()
  }

  private postpone(size: number, task: () => void): void {
    this.backlog ??= []
    this.backlog.push({ size, task })
    this.backlogSize += size
    this.fill()
  }

  private catchUp(): void {
    while (!this.deflating) {
      const next = this.backlog?.shift()
      if (next === undefined) break
      this.backlogSize -= next.size
      next.task()
    }
    this.admit()
  }

  private fill(): void {
    if (!(this.queued + this.backlogSize + this.inFlight < this.limits.outboxSize)) this.full = true
  }

  private frame(first: number, content: Content): void {
    if (typeof content === "string") this.textFrame(first, content)
    else this.binaryFrame(first, content)
    this.fill()
    if (this.queued >= flushFrom && !this.blocked) return this.flush()
    if (this.armed) return
    this.armed = true
    this.transport.atEndOfTurn(this)
  }

  private textFrame(first: number, text: string): void {
    const { primitives } = this.framing
    // A UTF-16 unit is at most three octets: short text needs no counting, its length fits any way.
    const most = 3 * text.length
    const length = most < 126 ? most : primitives.utf8Length(text)
    const size = this.headerSize(length)
    const offset = this.reserve(size + length)
    const encoded = primitives.encodeUtf8(text, this.memory, offset + size)
    this.header(first, offset, encoded)
    this.commit(offset, size, encoded)
  }

  private binaryFrame(first: number, octets: Uint8Array): void {
    const size = this.headerSize(octets.length)
    if (octets.length >= referenceFrom && this.framing.mask === undefined) {
      const offset = this.reserve(size)
      this.header(first, offset, octets.length)
      this.commit(offset, size, 0)
      this.finishPiece()
      this.pieces.push(octets)
      this.queued += octets.length
      return
    }
    const offset = this.reserve(size + octets.length)
    this.header(first, offset, octets.length)
    this.memory.set(octets, offset + size)
    this.commit(offset, size, octets.length)
  }

  private headerSize(length: number): number {
    return Frame.headerSize(Frame.lengthBits(length), this.framing.mask !== undefined)
  }

  private header(first: number, offset: number, length: number): void {
    this.key = this.framing.mask?.()
    Frame.writeHeader(this.memory, offset, first, length, Frame.lengthBits(length), this.key)
  }
  private key: number | undefined = undefined

  /** Room for one frame: behind the last one where it can be, else in a piece of its own. */
  private reserve(size: number): number {
    const { primitives, slab } = this.framing
    if (size > slab.largest) {
      this.finishPiece()
      this.memory = primitives.allocate(size)
      this.from = this.to = 0
      return 0
    }
    const offset = slab.reserve(primitives, size)
    if (this.memory !== slab.octets || this.to !== offset) {
      this.finishPiece()
      this.memory = slab.octets
      this.from = this.to = offset
    }
    return offset
  }

  private commit(offset: number, headerSize: number, length: number): void {
    const start = offset + headerSize
    const end = start + length
    if (this.key !== undefined) this.framing.primitives.mask(this.memory, start, end, this.key, 0)
    this.to = end
    if (this.memory === this.framing.slab.octets) this.framing.slab.position = end
    this.queued += end - offset
  }

  private finishPiece(): void {
    if (this.to === this.from) return
    this.pieces.push(
      this.from === 0 && this.to === this.memory.length ? this.memory : this.memory.subarray(this.from, this.to)
    )
    this.from = this.to
  }
}

const nothing = new Uint8Array(0)

const lengthOf = (pieces: ReadonlyArray<Uint8Array>): number => {
  let size = 0
  for (const { length } of pieces) size += length
  return size
}

const givenAway = "the memory of a binary message was transferred to another thread before it was written. " +
  "Wait for `flush`, or send a copy."
