/**
 * One of very many clients: it opens, answers pings, says one thing and has it back, and closes. As little as that takes, so that
 * ten thousand of them fit in a process. In: a port. Out: whether the server did its part, and how long it took.
 */
import * as Frame from "@effect-ws/codec/Frame"
import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"
import { platform } from "node:process"
import { deflateRawSync } from "node:zlib"
import { frame } from "../Payload.js"

const host = "127.0.0.1"

/** Each has ports of its own to connect from: one has some 28,000, and keeps those of closed connections for a minute. */
const addresses = platform === "linux" ? Array.from({ length: 8 }, (_, i) => `127.0.0.${i + 1}`) : [host]
let turn = 0

/** Takes the addresses in turn. */
export const dial = (port: number): Socket =>
  connect({ port, host, noDelay: true, localAddress: addresses[turn++ % addresses.length] ?? host })

export const request = (compressed: boolean): string =>
  [
    "GET / HTTP/1.1",
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...compressed ? ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] : [],
    "",
    ""
  ].join("\r\n")

const said = JSON.stringify(Array.from({ length: 12 }, (_, id) => ({ id, name: `number ${id}`, price: id * 1.01 })))

/** As the first message of a connection. */
const message = {
  plain: frame(Frame.opcode.text, said),
  compressed: frame(Frame.opcode.text, deflateRawSync(said, { finishFlush: 2 /* sync */ }).subarray(0, -4), {
    rsv: Frame.rsv1
  })
}
const close = frame(Frame.opcode.close, Uint8Array.of(3, 232))
const nothing: Buffer = Buffer.alloc(0)

export class Guest {
  private rest: Buffer = nothing
  private isOpen = false
  private isClosed = false
  private isClosing = false
  private hasClose = false
  private onChange: () => void = () => {}
  private answers = 0

  private constructor(private readonly socket: Socket, private readonly compressed: boolean) {
    socket.on("data", (octets: Buffer) => {
      this.rest = this.rest.length === 0 ? octets : Buffer.concat([this.rest, octets])
      this.read()
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      this.isClosed = true
      this.onChange()
    })
  }

  /** Once it is open; `undefined` if it does not open. */
  static async open(port: number, compressed: boolean): Promise<Guest | undefined> {
    const socket = dial(port)
    const guest = new Guest(socket, compressed)
    socket.write(request(compressed))
    return await guest.until(() => guest.isOpen) ? guest : undefined
  }

  /** Whether it came back. */
  async say(): Promise<boolean> {
    const { answers } = this
    if (this.isClosed) return false
    this.socket.write(this.compressed && answers === 0 ? message.compressed : message.plain)
    return await this.until(() => this.answers > answers)
  }

  /** Whether the server closed as it should. */
  async close(): Promise<boolean> {
    this.isClosing = true
    if (!this.isClosed) this.socket.write(close)
    await this.until(() => false)
    return this.hasClose
  }

  drop(): void {
    this.socket.destroy()
  }

  private until(condition: () => boolean): Promise<boolean> {
    return new Promise((resolve) => {
      this.onChange = () => {
        if (!condition() && !this.isClosed) return
        this.onChange = () => {}
        resolve(condition())
      }
      this.onChange()
    })
  }

  private read(): void {
    if (!this.isOpen) {
      const end = this.rest.indexOf("\r\n\r\n")
      if (end < 0) return
      if (!this.rest.subarray(0, 12).equals(switching)) return void this.socket.destroy()
      this.isOpen = true
      this.rest = this.rest.subarray(end + 4)
    }
    for (;;) {
      const header = Frame.parseHeader(this.rest, 0, this.rest.length)
      const from = header === undefined ? 0 : Frame.headerSize(header.lengthBits, false)
      if (header === undefined || this.rest.length < from + header.length) break
      if (header.opcode === Frame.opcode.ping) {
        this.socket.write(frame(Frame.opcode.pong, this.rest.subarray(from, from + header.length)))
      } else if (header.opcode === Frame.opcode.close) {
        this.hasClose = true
        if (!this.isClosing) this.socket.end(close)
      } else {
        this.answers++
      }
      this.rest = this.rest.subarray(from + header.length)
    }
    // What is kept of a read would keep all of it.
    if (this.rest.length === 0) this.rest = nothing
    this.onChange()
  }
}

const switching = Buffer.from("HTTP/1.1 101")
