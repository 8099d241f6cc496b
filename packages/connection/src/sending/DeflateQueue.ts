/**
 * Data frames, some to be deflated -> the same, deflated (RFC 7692 §6.1), in the same order. What the compressor answers at once
 * passes at once; while it works in another turn, all data waits behind it, and so does whatever must not overtake data.
 *
 * Only connections that agreed on permessage-deflate have one. It knows neither control frames, which overtake it, nor budgets:
 * it says what it holds.
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { Answer, Compression } from "../host/Compression.js"
import type { Content, PreparedMessage } from "../Message.js"
import { fin, type Framing, referenceFrom } from "./FrameWriter.js"
import { encodeLent } from "./text.js"

/** Who is given the frames. */
export interface Output {
  frame(first: number, payload: Content): void
  /** The queue holds more than before. */
  onGrown(): void
  /** Nothing waits any more for the answer that came. */
  onCaughtUp(): void
  onDefect(defect: unknown): void
}

interface Waiting {
  readonly size: number
  readonly task: () => void
}

const rsv1 = 0x40
const opcodeBits = 0x0f

export class DeflateQueue {
  /** What it holds, in bytes before deflating. */
  size = 0
  /** The compressor works on a message in another turn. */
  private deflating = false
  private waiting: Array<Waiting> | undefined = undefined
  /** Nobody wants any more of it. */
  private isStopped = false

  constructor(
    private readonly compression: Compression,
    private readonly framing: Framing,
    private readonly output: Output
  ) {}

  /** Something is being deflated, or others still wait behind it, which nothing may overtake but control frames. */
  get isBehind(): boolean {
    return this.deflating || (this.waiting !== undefined && this.waiting.length > 0)
  }

  /** A whole message, deflated if it is worth it. */
  message(opcode: number, content: Content): void {
    // text takes a byte for each UTF-16 unit at least: only what seems small needs counting
    const isWorth = this.compression.isWorth(content.length) ||
      (typeof content === "string" && this.compression.isWorth(this.framing.primitives.utf8Length(content)))
    this.data(fin | opcode, content, isWorth)
  }

  /** A whole message for many connections, which need not deflate it each. */
  prepared(opcode: number, message: PreparedMessage, payload: Uint8Array): void {
    const pass = (): void => this.passPrepared(fin | opcode, message, payload)
    if (this.isBehind) this.postpone(payload.length, pass) // no copy: nobody changes it
    else pass()
  }

  /** A part of a message, all of whose parts are deflated. */
  fragment(first: number, content: Content): void {
    this.data(first, content, true)
  }

  /** Runs `task` behind all that was put in before. */
  behindAll(task: () => void): void {
    if (this.isBehind) this.postpone(0, task)
    else task()
  }

  /** The connection has ended: what others wait for as well still comes, and goes nowhere. */
  stop(): void {
    this.isStopped = true
    this.waiting = undefined
  }

  private data(first: number, content: Content, isWorth: boolean): void {
    if (!this.isBehind) return this.pass(first, content, isWorth)
    const kept = typeof content === "string" ? content : new Uint8Array(content) // the sender may do with its own what it likes
    this.postpone(kept.length, () => this.pass(first, kept, isWorth))
  }

  private postpone(size: number, task: () => void): void {
    this.waiting ??= []
    this.waiting.push({ size, task })
    this.size += size
    this.output.onGrown()
  }

  private pass(first: number, content: Content, isWorth: boolean): void {
    if (isWorth) this.deflate(first, typeof content === "string" ? encodeLent(this.framing, content) : content)
    else this.output.frame(first, content)
  }

  private passPrepared(first: number, message: PreparedMessage, payload: Uint8Array): void {
    const { shared } = this.compression
    const isWorth = message.compression !== false && this.compression.isWorth(payload.length)
    if (!isWorth) return this.output.frame(first, payload)
    if (shared === undefined) return this.deflate(first, payload)
    this.compression.restart?.()
    const answer = message.deflated(shared, payload)
    if (answer._tag === "Later") return this.expect(answer, first | rsv1, payload.length)
    this.output.frame(first | rsv1, answer.value) // no copy: it is kept by the message, and referenced by all
  }

  private deflate(first: number, octets: Uint8Array): void {
    // 7692 §6.1: RSV1 marks the first frame of a message
    const marked = (first & opcodeBits) === Frame.opcode.continuation ? first : first | rsv1
    const answer = this.compression.deflate(octets, (first & fin) !== 0)
    if (answer._tag === "Later") return this.expect(answer, marked, octets.length)
    // lent: what would be referenced is copied
    this.output.frame(marked, answer.value.length < referenceFrom ? answer.value : answer.value.slice())
  }

  private expect(answer: Extract<Answer<Uint8Array>, { readonly _tag: "Later" }>, first: number, size: number): void {
    this.deflating = true
    this.size += size
    this.output.onGrown()
    answer.listen((deflated) => {
      if (this.isStopped) return
      this.deflating = false
      this.size -= size
      try {
        this.output.frame(first, deflated)
        this.catchUp()
      } catch (defect) {
        this.fail(defect)
      }
    }, (defect) => {
      if (!this.isStopped) this.fail(defect)
    })
  }

  private catchUp(): void {
    while (!this.deflating) {
      const next = this.waiting?.shift()
      if (next === undefined) break
      this.size -= next.size
      next.task()
    }
    this.output.onCaughtUp()
  }

  /** What waits behind a message that cannot be deflated can't be either. */
  private fail(defect: unknown): void {
    this.deflating = false
    this.waiting = undefined
    this.size = 0
    this.output.onDefect(defect)
  }
}
