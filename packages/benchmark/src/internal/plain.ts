/**
 * Connections of a load without compression. In: how many messages to send. Out: how many came back, to their `Generator`.
 *
 * The frames are built and masked once. Of what comes back, the header of every message is compared, and the content of a sample.
 */
import * as Frame from "@effect-ws/codec/Frame"
import { randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import type { Load } from "../Load.js"
import { open } from "./opening.js"
import type { Owner } from "./Owner.js"
import { isPing, pingAt } from "./pings.js"

/** What all connections of a load share. */
export interface Script {
  /** As many masked frames as are in flight, one behind the other. */
  readonly frames: Buffer
  readonly frameSize: number
  /** The header that each answer must have. */
  readonly answer: Uint8Array
  readonly payload: Buffer
  /** Every so many messages, the content is compared. */
  readonly sample: number
}

const hex = (octets: Buffer): string => octets.subarray(0, 32).toString("hex") || "nothing"

export class PlainConnection {
  /** How far into an answer we are, header included. */
  private position = 0
  private received = 0
  private checking = false
  /** The beginning of a ping. */
  private rest: Buffer | undefined = undefined
  /** When the messages in flight left: a ring. */
  private readonly sentAt: Float64Array
  private sent = 0
  private closed = false

  private constructor(
    private readonly socket: Socket,
    private readonly script: Script,
    private readonly owner: Owner,
    inFlight: number
  ) {
    this.sentAt = new Float64Array(inFlight)
    socket.on("data", (octets: Buffer) => this.onData(octets))
    socket.on("error", (error) => this.onEnd(error))
    socket.on("close", () => this.onEnd(new Error("the server closed a connection")))
  }

  static async open(port: number, load: Load, script: Script, owner: Owner): Promise<PlainConnection> {
    return new PlainConnection(await open(port), script, owner, load.inFlight)
  }

  send(count: number, now: number): void {
    const { frameSize, frames } = this.script
    for (let i = 0; i < count; i++) this.sentAt[this.sent++ % this.sentAt.length] = now
    const octets = count * frameSize
    this.socket.write(octets === frames.length ? frames : frames.subarray(0, octets))
  }

  close(): void {
    this.closed = true
    this.socket.destroy()
  }

  private onEnd(error: Error): void {
    if (!this.closed) this.owner.fail(error)
    this.closed = true
  }

  private onData(octets: Buffer): void {
    if (this.closed) return
    const count = this.read(this.rest === undefined ? octets : Buffer.concat([this.rest, octets]))
    if (count < 0) {
      this.close()
      return this.owner.fail(
        new Error(`answer ${this.received} is not what was sent, at octet ${this.position} of it, in ${hex(octets)}`)
      )
    }
    const now = performance.now()
    for (let i = this.received - count; i < this.received; i++) {
      this.owner.note(now - (this.sentAt[i % this.sentAt.length] ?? now))
    }
    const next = this.owner.returned(count)
    if (next > 0) this.send(next, now)
  }

  /** How many answers ended in these octets; -1 if one is wrong. */
  private read(octets: Buffer): number {
    const { answer, payload, sample } = this.script
    const total = answer.length + payload.length
    let count = 0
    let i = 0
    this.rest = undefined
    while (i < octets.length) {
      if (this.position === 0 && isPing(octets, i)) {
        const ping = pingAt(octets, i)
        if (ping === undefined) {
          this.rest = octets.subarray(i)
          break
        }
        this.socket.write(ping.pong)
        i = ping.end
        continue
      }
      if (this.position === 0) this.checking = this.received % sample === 0
      for (; this.position < answer.length && i < octets.length; i++) {
        if (octets[i] !== answer[this.position++]) return -1
      }
      const take = Math.min(total - this.position, octets.length - i)
      const from = this.position - answer.length
      if (this.checking && take > 0 && payload.compare(octets, i, i + take, from, from + take) !== 0) return -1
      i += take
      this.position += take
      if (this.position === total) {
        this.position = 0
        this.received++
        count++
      }
    }
    return count
  }
}

export const scriptOf = ({ inFlight, kind, size }: Load): Script => {
  const payload = kind === "text" ? Buffer.alloc(size, words) : randomBytes(size)
  const frames = Array.from({ length: inFlight }, () =>
    Frame.encode({
      header: Frame.header(Frame.opcode[kind], size, { mask: randomBytes(4).readUInt32BE() || 1 }),
      payload
    }))
  const answer = new Uint8Array(Frame.headerSize(Frame.lengthBits(size), false))
  Frame.encodeHeader(Frame.header(Frame.opcode[kind], size), answer, 0)
  return {
    frames: Buffer.concat(frames),
    frameSize: frames[0]?.length ?? 0,
    answer,
    payload,
    sample: size < 4096 ? 64 : 4
  }
}

const words =
  "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want "
