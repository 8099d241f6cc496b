/**
 * The floor: what Node's sockets cost an echo that does as little as can be done. All sockets are read into one buffer; each read
 * is unmasked into memory that is used again once it is written, and answered with one write. It judges nothing, keeps no
 * message, and loads no module of Effect. What compresses is `rawDeflated`, which is loaded only then.
 */
import * as Frame from "@effect-ws/codec/Frame"
import bufferUtil from "bufferutil"
import { type AddressInfo, createServer, type Socket } from "node:net"
import * as Tls from "node:tls"
import { opened } from "./handshake.js"
import { readInto } from "./readInto.js"
import { type Settings, where } from "./settings.js"

export const listen = async ({ compression, tls }: Settings): Promise<number> => {
  const accept = compression
    ? (await import("./rawDeflated.js")).accept
    : (socket: Socket): void => void new Echo(socket)
  const server = tls === undefined
    ? createServer({ noDelay: true }, accept)
    : Tls.createServer(tls, (socket) => accept(socket.setNoDelay(true)))
  return new Promise((resolve) => {
    const listening = (): void => resolve((server.address() as AddressInfo).port)
    server.listen(where, listening)
  })
}

/** 64 KiB and what belongs to them in one read. */
const readSize = 80 * 1024
/** Where reads end up; in front of them there is room for the header that the read before began. */
const shared = new Uint8Array(Frame.maxHeaderSize + readSize)
const readAt = Frame.maxHeaderSize
const forReads = shared.subarray(readAt)

/** An answer is shorter than what it answers. Those that were written, to be used again. */
const spare: Array<Buffer> = []
const answerSize = shared.length

/** Below this many octets a call costs more than a loop. */
const nativeFrom = 256
const key = new Uint8Array(4)

class Echo {
  private head: string | undefined = ""
  /** The beginning of a header that is not whole yet. */
  private readonly partial = new Uint8Array(Frame.maxHeaderSize)
  private partialSize = 0
  /** Of the payload that is under way: octets to come, octets so far, and its key. */
  private left = 0
  private phase = 0
  private mask = 0
  private closes = false

  constructor(private readonly socket: Socket) {
    socket.on("error", () => {})
    if (!readInto(socket, forReads, (size) => this.onRead(size))) socket.on("data", (octets) => this.onData(octets))
  }

  /** Where there is no reading into a buffer of one's own: TLS. */
  private onData(octets: Buffer): void {
    for (let from = 0; from < octets.length; from += readSize) {
      const part = octets.subarray(from, from + readSize)
      forReads.set(part)
      this.onRead(part.length)
    }
  }

  private onRead(size: number): void {
    if (this.head !== undefined) return this.onHead(size)
    const answer = spare.pop() ?? Buffer.allocUnsafeSlow(answerSize)
    const to = this.echo(readAt - this.partialSize, readAt + size, answer)
    if (to > 0) this.socket.write(answer.subarray(0, to), () => spare.push(answer))
    else spare.push(answer)
    if (this.closes && this.left === 0) this.socket.end()
  }

  private onHead(size: number): void {
    this.head += Buffer.from(forReads.buffer, readAt, size).toString("latin1")
    const opening = opened(this.head ?? "", false)
    if (opening === undefined) return
    this.socket.write(opening.answer)
    this.head = undefined
  }

  /** From the shared buffer into `answer`; says how far. */
  private echo(begin: number, end: number, answer: Buffer): number {
    shared.set(this.partial.subarray(0, this.partialSize), begin)
    this.partialSize = 0
    let from = begin
    let to = 0
    while (from < end) {
      if (this.left === 0) {
        const short = from + 1 < end ? at(from + 1) & 0x7f : 0
        const size = short < 126 ? 2 : short === 126 ? 4 : 10
        if (from + size + 4 > end) {
          this.partial.set(shared.subarray(from, end))
          this.partialSize = end - from
          break
        }
        this.left = short < 126 ? short : short === 126 ? uint16(from + 2) : uint32(from + 6)
        this.closes ||= (at(from) & 0xf) === Frame.opcode.close
        answer[to] = at(from)
        answer[to + 1] = short
        for (let i = 2; i < size; i++) answer[to + i] = at(from + i)
        this.mask = uint32(from + size)
        this.phase = 0
        from += size + 4
        to += size
      }
      const length = Math.min(this.left, end - from)
      unmask(from, length, answer, to, this.mask, this.phase)
      this.left -= length
      this.phase = (this.phase + length) & 3
      from += length
      to += length
    }
    return to
  }
}

const at = (index: number): number => shared[index] ?? 0
const uint16 = (index: number): number => (at(index) << 8) | at(index + 1)
const uint32 = (index: number): number => (uint16(index) * 0x10000) + uint16(index + 2)

const unmask = (from: number, length: number, output: Buffer, to: number, mask: number, phase: number): void => {
  for (let i = 0; i < 4; i++) key[i] = mask >>> (24 - 8 * ((i + phase) & 3))
  if (length >= nativeFrom) return bufferUtil.mask(shared.subarray(from, from + length), key, output, to, length)
  for (let i = 0; i < length; i++) output[to + i] = at(from + i) ^ (key[i & 3] ?? 0)
}
