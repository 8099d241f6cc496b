/**
 * A client of HTTP/2 (RFC 9113) that writes its frames itself, whatever they are, and reads those that come. Over TCP, without TLS: fields
 * are literals (RFC 7541 §6.2.2), and what a server sends of them is not decoded.
 */
import * as Effect from "effect/Effect"
import { once } from "node:events"
import * as Net from "node:net"

export const type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9
}
export const flag = { endStream: 1, ack: 1, endHeaders: 4 }

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export const frame = (type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export const u32 = (value: number): Buffer => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

export const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.of(0, id), u32(value)])

/** RFC 7541 §5.1, §5.2: with a prefix of 7 bits, and no Huffman coding. */
const literal = (text: string): Buffer => {
  const octets = Buffer.from(text, "latin1")
  const length: Array<number> = []
  let left = octets.length
  if (left < 127) length.push(left)
  else {
    length.push(127)
    left -= 127
    for (; left >= 128; left >>= 7) length.push(left & 127 | 128)
    length.push(left)
  }
  return Buffer.concat([Buffer.from(length), octets])
}

export type Fields = ReadonlyArray<readonly [name: string, value: string]>

export const block = (fields: Fields): Buffer =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]))

export const connectFields = (...more: Fields): Fields => [
  [":method", "CONNECT"],
  [":protocol", "websocket"],
  [":scheme", "http"],
  [":authority", "localhost"],
  [":path", "/"],
  ["sec-websocket-version", "13"],
  ...more
]

/** HEADERS that leave the stream open. */
export const open = (stream: number, fields: Fields = connectFields()): Buffer =>
  frame(type.headers, flag.endHeaders, stream, block(fields))

export const reset = (stream: number, code: number): Buffer => frame(type.reset, 0, stream, u32(code))

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

export class RawHttp2 {
  private octets = Buffer.alloc(0)
  readonly frames: Array<Frame> = []
  isClosed = false
  private waiting: Array<() => void> = []

  constructor(readonly socket: Net.Socket) {
    socket.on("error", () => {})
    socket.on("data", (chunk) => {
      this.octets = Buffer.concat([this.octets, chunk])
      this.read()
    })
    socket.on("close", () => {
      this.isClosed = true
      this.wake()
    })
  }

  write(...octets: ReadonlyArray<Uint8Array>): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(octets))
  }

  /** The first frame of a kind, come or to come; `undefined` once the connection has ended without one. */
  readonly find = (matches: (frame: Frame) => boolean): Effect.Effect<Frame | undefined> =>
    Effect.promise(async () => {
      for (;;) {
        const found = this.frames.find(matches)
        if (found !== undefined || this.isClosed) return found
        await new Promise<void>((resolve) => this.waiting.push(resolve))
      }
    })

  /** The connection's end. */
  readonly closed: Effect.Effect<void> = Effect.promise(async () => {
    while (!this.isClosed) await new Promise<void>((resolve) => this.waiting.push(resolve))
  })

  private read(): void {
    while (this.octets.length >= 9 && this.octets.length >= 9 + this.octets.readUIntBE(0, 3)) {
      const length = this.octets.readUIntBE(0, 3)
      this.frames.push({
        type: this.octets[3] ?? 0,
        flags: this.octets[4] ?? 0,
        stream: this.octets.readUInt32BE(5) & 0x7fffffff,
        payload: Buffer.from(this.octets.subarray(9, 9 + length))
      })
      this.octets = this.octets.subarray(9 + length)
    }
    this.wake()
  }

  private wake(): void {
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** A connection on which the preface and SETTINGS have gone, and the server's have come. It is cut with the scope. */
export const connect = (port: number, ...settings: ReadonlyArray<Uint8Array>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const socket = Net.connect({ port, host: "127.0.0.1", noDelay: true })
      const peer = new RawHttp2(socket)
      await once(socket, "connect")
      peer.write(Buffer.from(preface), frame(type.settings, 0, 0, Buffer.concat(settings)))
      await Effect.runPromise(peer.find((frame) => frame.type === type.settings))
      peer.write(frame(type.settings, flag.ack, 0))
      return peer
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

export const isAnswer = (stream: number) => (frame: Frame): boolean =>
  frame.type === type.headers && frame.stream === stream
