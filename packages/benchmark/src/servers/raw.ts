/**
 * The floor: what Node's sockets, and zlib, cost an echo that does as little as can be done. It unmasks in place, answers each
 * read with one write, judges nothing and keeps no message. With compression it inflates and deflates each message in the turn
 * that brings it, however large, with the contexts that ours uses.
 */
import * as Frame from "@effect-ws/codec/Frame"
import * as Mask from "@effect-ws/codec/Mask"
import type { Agreed } from "@effect-ws/codec/PermessageDeflate"
import type { Answer, Compression } from "@effect-ws/connection/host/Compression"
import * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import bufferUtil from "bufferutil"
import { createHash } from "node:crypto"
import { type AddressInfo, createServer, type Socket } from "node:net"

export const listen = (compression: boolean): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on("error", () => {})
      socket.once("data", (head) => {
        const request = head.toString("latin1")
        const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1] ?? ""
        const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
        // The load offers what is to be agreed on, word for word.
        const offer = compression ? /sec-websocket-extensions: *(.*?) *\r/i.exec(request)?.[1] ?? "" : ""
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            (compression ? `Sec-WebSocket-Extensions: ${offer}\r\n` : "") + `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
        )
        const echo = compression ? new DeflatedEcho(socket, !offer.includes("no_context_takeover")) : new Echo(socket)
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
      unmask(octets, to, to + length, this.mask, this.phase)
      this.left -= length
      this.phase += length
      from += length
      to += length
    }
    if (to > 0) this.socket.write(octets.subarray(0, to))
  }
}

const unmask = (octets: Buffer, from: number, to: number, mask: number, phase: number): void => {
  if (to - from < nativeFrom) return Mask.mask(octets, from, to, mask, phase)
  for (let i = 0; i < key.length; i++) key[i] = mask >>> (24 - 8 * ((i + phase) % 4))
  bufferUtil.unmask(new Uint8Array(octets.buffer, octets.byteOffset + from, to - from), key)
}

/** All in this turn. */
const deflate = NodeDeflate.server({ deflateLaterFrom: Infinity, inflateLaterFrom: Infinity })

class DeflatedEcho {
  private rest: Buffer = Buffer.alloc(0)
  private readonly compression: Compression

  constructor(private readonly socket: Socket, takeover: boolean) {
    const agreed: Agreed = {
      serverNoContextTakeover: !takeover,
      clientNoContextTakeover: !takeover,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15
    }
    this.compression = deflate.open(agreed)
    socket.on("close", () => this.compression.free())
  }

  onData(read: Buffer): void {
    const octets = this.rest.length === 0 ? read : Buffer.concat([this.rest, read])
    const out: Array<Uint8Array> = []
    let from = 0
    for (;;) {
      const header = Frame.parseHeader(octets, from, octets.length)
      if (header === undefined) break
      const start = from + Frame.headerSize(header.lengthBits, true)
      const end = start + header.length
      if (end > octets.length) break
      unmask(octets, start, end, header.mask ?? 0, 0)
      const inflated = now(this.compression.inflate(octets.subarray(start, end), true, Infinity))
      // copied: it is lent until the next call, whose output would take its place
      const message = inflated?._tag === "Inflated" ? Buffer.concat(inflated.parts) : Buffer.alloc(0)
      const payload = now(this.compression.deflate(message, true)) ?? message
      out.push(Frame.encode({ header: Frame.header(Frame.opcode.text, payload.length, { rsv: Frame.rsv1 }), payload }))
      from = end
    }
    this.rest = octets.subarray(from)
    if (out.length > 0) this.socket.write(out.length === 1 ? out[0] ?? "" : Buffer.concat(out))
  }
}

const now = <A>(answer: Answer<A>): A | undefined => answer._tag === "Now" ? answer.value : undefined
