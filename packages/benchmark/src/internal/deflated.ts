/**
 * Connections of a load with permessage-deflate. In: how many messages to send. Out: how many came back, to their `Generator`.
 *
 * The messages are deflated once for all connections: a round of them in a fresh context, and the same round behind itself, which
 * is then sent again and again; so each refers to those before it, as it would in a context that lives. Of what comes back, frames
 * are read on all connections, and inflated and compared on a few, by node:zlib alone.
 */
import * as Frame from "@effect-ws/codec/Frame"
import { randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import { constants, createInflateRaw, deflateRawSync, type InflateRaw } from "node:zlib"
import type { Load } from "../Load.js"
import { open } from "./opening.js"
import type { Owner } from "./Owner.js"
import { isPing, pingAt } from "./pings.js"

export interface Script {
  /** What is offered, and agreed on. */
  readonly extension: string
  /** What all messages of a round are, one behind the other. */
  readonly content: Buffer
  /** The first round, and any other. */
  readonly first: Round
  readonly next: Round
}

interface Round {
  readonly octets: Buffer
  /** Where each frame begins, and where the last ends. */
  readonly at: ReadonlyArray<number>
}

/** Every so many connections, what comes back is compared. */
const sample = 16
const tail = Buffer.of(0x00, 0x00, 0xff, 0xff)
/** FIN, RSV1, text. */
const compressedText = 0xc1

export class DeflatedConnection {
  private readonly sentAt: Float64Array
  private sent = 0
  private received = 0
  private rest: Buffer = Buffer.alloc(0)
  private closed = false
  private readonly checker: Checker | undefined

  private constructor(
    private readonly socket: Socket,
    private readonly script: Script,
    private readonly owner: Owner,
    inFlight: number,
    checks: boolean
  ) {
    this.sentAt = new Float64Array(inFlight)
    if (checks) this.checker = new Checker(script.content, (error) => this.onEnd(error))
    socket.on("data", (octets: Buffer) => this.onData(octets))
    socket.on("error", (error) => this.onEnd(error))
    socket.on("close", () => this.onEnd(new Error("the server closed a connection")))
  }

  static async open(
    port: number,
    load: Load,
    script: Script,
    owner: Owner,
    index: number
  ): Promise<DeflatedConnection> {
    const socket = await open(port, script.extension)
    return new DeflatedConnection(socket, script, owner, load.inFlight, index % sample === 0)
  }

  send(count: number, now: number): void {
    for (let left = count; left > 0;) {
      const messages = this.script.next.at.length - 1
      const { at, octets } = this.sent < messages ? this.script.first : this.script.next
      const from = this.sent % messages
      const to = Math.min(messages, from + left)
      for (let i = from; i < to; i++) this.sentAt[this.sent++ % this.sentAt.length] = now
      this.socket.write(octets.subarray(at[from], at[to]))
      left -= to - from
    }
  }

  close(): void {
    this.closed = true
    this.socket.destroy()
    this.checker?.close()
  }

  private onEnd(error: Error): void {
    if (!this.closed) this.owner.fail(error)
    this.closed = true
  }

  private onData(octets: Buffer): void {
    if (this.closed) return
    const count = this.read(this.rest.length === 0 ? octets : Buffer.concat([this.rest, octets]))
    if (count < 0) {
      this.onEnd(new Error("an answer is no compressed text"))
      return this.close()
    }
    if (count === 0) return
    const now = performance.now()
    for (let i = this.received - count; i < this.received; i++) {
      this.owner.note(now - (this.sentAt[i % this.sentAt.length] ?? now))
    }
    const next = this.owner.returned(count)
    if (next > 0) this.send(next, now)
  }

  /** How many answers ended in these octets; -1 if one is wrong. */
  private read(octets: Buffer): number {
    let count = 0
    let from = 0
    while (octets.length - from >= 2) {
      if (isPing(octets, from)) {
        const ping = pingAt(octets, from)
        if (ping === undefined) break
        this.socket.write(ping.pong)
        from = ping.end
        continue
      }
      if (octets[from] !== compressedText) return -1
      const short = octets[from + 1] ?? 0
      const header = short < 126 ? 2 : short === 126 ? 4 : 10
      if (octets.length - from < header) break
      const size = short < 126 ? short : short === 126 ? octets.readUInt16BE(from + 2) : octets.readUInt32BE(from + 6)
      const to = from + header + size
      if (octets.length < to) break
      this.checker?.check(octets.subarray(from + header, to))
      from = to
      this.received++
      count++
    }
    this.rest = octets.subarray(from)
    return count
  }
}

/** Inflates what one connection was sent, and compares it. */
class Checker {
  private readonly inflate: InflateRaw = createInflateRaw()
  private position = 0

  constructor(content: Buffer, onFailure: (error: Error) => void) {
    this.inflate.on("error", onFailure)
    this.inflate.on("data", (octets: Buffer) => {
      for (let i = 0; i < octets.length;) {
        const take = Math.min(octets.length - i, content.length - this.position)
        if (content.compare(octets, i, i + take, this.position, this.position + take) !== 0) {
          return onFailure(new Error("an answer is not what was sent"))
        }
        i += take
        this.position = (this.position + take) % content.length
      }
    })
  }

  check(payload: Buffer): void {
    this.inflate.write(payload)
    this.inflate.write(tail)
  }

  close(): void {
    this.inflate.close()
  }
}

export const scriptOf = ({ compression, size, windowBits }: Load): Script => {
  const takeover = compression === "takeover"
  const messages = Array.from({ length: Math.max(4, Math.min(64, (128 * 1024) / size)) }, (_, i) => message(i, size))
  const content = Buffer.concat(messages)
  const extension = "permessage-deflate" +
    (takeover ? "" : "; server_no_context_takeover; client_no_context_takeover") +
    (windowBits === undefined ? "" : `; server_max_window_bits=${windowBits}; client_max_window_bits=${windowBits}`)
  return {
    extension,
    content,
    first: round(messages, Buffer.alloc(0), takeover, windowBits),
    next: round(messages, takeover ? content : Buffer.alloc(0), takeover, windowBits)
  }
}

/** Frames of messages that follow each other, the first behind `before`. */
const round = (messages: ReadonlyArray<Buffer>, before: Buffer, takeover: boolean, windowBits = 15): Round => {
  let window = before
  const frames = messages.map((message) => {
    const dictionary = window.subarray(-32 * 1024)
    const payload = deflateRawSync(message, {
      finishFlush: constants.Z_SYNC_FLUSH,
      windowBits,
      ...dictionary.length > 0 ? { dictionary } : {}
    }).subarray(0, -tail.length)
    if (takeover) window = Buffer.concat([dictionary, message])
    const header = Frame.header(Frame.opcode.text, payload.length, {
      rsv: Frame.rsv1,
      mask: randomBytes(4).readUInt32BE()
    })
    return Frame.encode({ header, payload })
  })
  const at = [0]
  for (const frame of frames) at.push((at.at(-1) ?? 0) + frame.length)
  return { octets: Buffer.concat(frames), at }
}

const message = (index: number, size: number): Buffer => {
  let state = index + 1
  const next = (most: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 16) % most
  }
  return Buffer.from((size < largeFrom ? json : prose)(size, next).slice(0, size))
}

/** From here on a message is prose. */
const largeFrom = 16 * 1024

/** What services tell each other. */
const json = (size: number, next: (most: number) => number): string => {
  let text = `{"id":${1000 + next(9000)},"type":"update","items":[`
  for (let comma = "";; comma = ",") {
    const item = `${comma}{"user":"${word(next)}-${next(100)}","price":${next(10_000) / 100},"open":${next(2) === 0}}`
    if (text.length + item.length + 2 > size) return `${text}]}`.padEnd(size)
    text += item
  }
}

const prose = (size: number, next: (most: number) => number): string => {
  const words = Array.from({ length: 2000 }, () => word(next))
  let text = ""
  while (text.length < size) text += `${words[Math.min(next(2000), next(2000))] ?? ""}${next(12) === 0 ? ".\n" : " "}`
  return text
}

const word = (next: (most: number) => number): string =>
  Array.from({ length: 1 + next(3) }, () => syllables[next(syllables.length)] ?? "").join("")

const syllables = [
  "al",
  "be",
  "con",
  "de",
  "en",
  "for",
  "ga",
  "in",
  "ker",
  "lo",
  "mi",
  "nor",
  "os",
  "pre",
  "qua",
  "ra",
  "ste",
  "tion",
  "un",
  "ver"
]
