/**
 * The floor: what Node's sockets cost an echo that does as little as can be done. It unmasks in place, answers each read
 * with one write, judges nothing and keeps no message.
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as Mask from "@effect-ws/codec/Mask"
import bufferUtil from "bufferutil"
import { createHash } from "node:crypto"
import { type AddressInfo, createServer, type Socket } from "node:net"

export const listen = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on("error", () => {})
      socket.once("data", (head) => {
        const key = /sec-websocket-key: (\S+)/i.exec(head.toString("latin1"))?.[1] ?? ""
        const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
        )
        const echo = new Echo(socket)
        socket.on("data", (octets) => echo.onData(octets))
      })
    })
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
  })

/** Below this many octets a call costs more than a loop. */
const nativeFrom = 256
const key = new Uint8Array(4)

class Echo {
  /** The beginning of a header that is not whole yet. */
  private partial: Buffer | undefined = undefined
  /** Of the payload that is under way: octets to come, octets so far, and its key. */
  private left = 0
  private phase = 0
  private mask = 0

  constructor(private readonly socket: Socket) {}

  /** An answer is shorter than its frame: it fits where the frame was. */
  onData(read: Buffer): void {
    const octets = this.partial === undefined ? read : Buffer.concat([this.partial, read])
    this.partial = undefined
    let to = 0
    let from = 0
    while (from < octets.length) {
      if (this.left === 0) {
        const header = Frame.parseHeader(octets, from, octets.length)
        if (header === undefined) {
          this.partial = Buffer.from(octets.subarray(from))
          break
        }
        const { length, lengthBits, mask = 0 } = header
        to = Frame.writeHeader(octets, to, octets[from] ?? 0, length, lengthBits, undefined)
        from += Frame.headerSize(lengthBits, true)
        this.left = length
        this.phase = 0
        this.mask = mask
      }
      const length = Math.min(this.left, octets.length - from)
      octets.copyWithin(to, from, from + length)
      this.unmask(octets, to, to + length)
      this.left -= length
      this.phase += length
      from += length
      to += length
    }
    if (to > 0) this.socket.write(octets.subarray(0, to))
  }

  private unmask(octets: Buffer, from: number, to: number): void {
    if (to - from < nativeFrom) return Mask.mask(octets, from, to, this.mask, this.phase)
    for (let i = 0; i < key.length; i++) key[i] = this.mask >>> (24 - 8 * ((i + this.phase) % 4))
    bufferUtil.unmask(new Uint8Array(octets.buffer, octets.byteOffset + from, to - from), key)
  }
}
