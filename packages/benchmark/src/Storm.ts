/**
 * A storm of clients that open and close: {@link Opens} at a port -> how many, in what time, and how long opening took, from dialling
 * until the 101 had come.
 *
 * A client counts when all went as it should: the 101, its message back, a Close of 1000 in answer to its own, and then the end of
 * the stream, which the server brings about (RFC 6455 §7.1.1). Anything else fails the storm. On bare sockets, which are read into
 * one buffer; a key and a mask that are always the same tell a server nothing.
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import { createHash } from "node:crypto"
import { connect, type Socket } from "node:net"
import * as Tls from "node:tls"
import { constants, deflateRawSync, inflateRawSync } from "node:zlib"
import { Latencies } from "./internal/Latencies.js"
import type { Driven } from "./Measurement.js"
import type { Opens } from "./Opens.js"

/** How long those under way may take once no more are begun, in milliseconds. */
const patience = 30_000

/**
 * @since 0.1.0
 * @category generators
 */
export class Storm {
  private readonly latencies = new Latencies()
  private readonly script: Script
  private completed = 0
  private underWay = 0
  private until = 0
  private onQuiet: () => void = () => {}
  private onFailure: (error: Error) => void = () => {}

  constructor(private readonly port: number, private readonly opens: Opens) {
    this.script = scriptOf(opens)
  }

  /** Keeps so many clients under way for so long, then waits until the last is gone. */
  async drive(seconds: number): Promise<Driven> {
    this.latencies.clear()
    this.completed = 0
    const begin = performance.now()
    this.until = begin + seconds * 1000
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      this.onQuiet = resolve
      this.onFailure = reject
      const late = (): void => reject(new Error(`${this.underWay} connections were not dropped in time`))
      timer = setTimeout(late, seconds * 1000 + patience)
      for (let i = 0; i < this.opens.atOnce; i++) this.begin()
    }).finally(() => clearTimeout(timer))
    return {
      messages: this.completed,
      seconds: (performance.now() - begin) / 1000,
      ...this.latencies.quantiles()
    }
  }

  /** Nothing is open between drives. */
  close(): void {}

  private begin(): void {
    this.underWay++
    new Client(this.port, this.opens.tls, this.script, this)
  }

  opened(milliseconds: number): void {
    this.latencies.note(milliseconds)
  }

  /** A client is gone, as it should be. */
  ended(): void {
    this.underWay--
    this.completed++
    if (performance.now() < this.until) this.begin()
    else if (this.underWay === 0) this.onQuiet()
  }

  /** No more are begun. */
  failed(error: Error): void {
    this.until = 0
    this.onFailure(error)
  }
}

/** What all clients say, and are to hear. */
interface Script {
  readonly request: string
  readonly isOpening: (head: string) => boolean
  readonly message: { readonly frame: Buffer; readonly isAnswer: (frame: Buffer) => boolean } | undefined
}

const masked = (opcode: number, payload: Uint8Array, rsv = 0): Buffer =>
  Buffer.from(Frame.encode({ header: Frame.header(opcode, payload.length, { rsv, mask: 0x01020304 }), payload }))

const normal = Buffer.of(1000 >> 8, 1000 & 0xff)
const close = masked(Frame.opcode.close, normal)
/** The same without a mask. */
const closeAnswer = Buffer.of(0x88, normal.length, ...normal)

const tail = Buffer.of(0x00, 0x00, 0xff, 0xff)
const text = Buffer.from(`{"type":"hello","client":"storm","since":1764264000}`)

const scriptOf = ({ compression, message }: Opens): Script => {
  const key = Buffer.alloc(16, "storm").toString("base64")
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
  const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -tail.length)
  const frame = compression ? masked(Frame.opcode.text, deflated, Frame.rsv1) : masked(Frame.opcode.text, text)
  return {
    request: [
      "GET / HTTP/1.1",
      "Host: 127.0.0.1",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${key}`,
      ...compression ? ["Sec-WebSocket-Extensions: permessage-deflate"] : [],
      "",
      ""
    ].join("\r\n"),
    isOpening: (head) =>
      head.startsWith("HTTP/1.1 101 ") && head.includes(accept) &&
      /^sec-websocket-extensions: *permessage-deflate *\r$/im.test(head) === compression,
    message: message ? { frame, isAnswer: compression ? isDeflated : (frame) => isText(frame, 0x81, text) } : undefined
  }
}

const isText = (frame: Buffer, first: number, payload: Buffer): boolean =>
  frame[0] === first && frame.subarray(2).equals(payload)

/** As every client is answered alike, but for a server's settings, what was looked into once is remembered. */
let known: Buffer = Buffer.alloc(0)
const isDeflated = (frame: Buffer): boolean => {
  if (frame.equals(known)) return true
  const payload = frame.subarray(2)
  const inflated = frame[0] === 0xc1
    ? inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH })
    : payload
  if (!inflated.equals(text)) return false
  known = frame
  return true
}

/** All sockets but those of TLS are read into it. */
const shared = Buffer.allocUnsafeSlow(16 * 1024)
const context = Tls.createSecureContext()

type Phase = "opening" | "saying" | "closing" | "closed" | "dropped" | "failed"

class Client {
  private readonly begin = performance.now()
  private readonly socket: Socket
  private phase: Phase = "opening"
  private head = ""
  private rest: Buffer = Buffer.alloc(0)

  constructor(port: number, tls: boolean, private readonly script: Script, private readonly storm: Storm) {
    const to = { port, host: "127.0.0.1" }
    this.socket = tls
      ? Tls.connect({ ...to, secureContext: context, rejectUnauthorized: false })
        .setNoDelay(true).on("data", (octets) => this.onOctets(octets))
      : connect({ ...to, noDelay: true, onread: { buffer: shared, callback: (size) => this.onRead(size) } })
    this.socket
      .on("end", () => {
        if (this.phase === "closed") this.phase = "dropped"
        else this.fail("the server dropped it")
      })
      .on("error", (error) => {
        if (this.phase !== "dropped") this.fail(error.message)
      })
      .on("close", () => {
        if (this.phase === "dropped") this.storm.ended()
        else this.fail("it was cut")
      })
      .write(script.request)
  }

  private onRead(size: number): boolean {
    this.onOctets(shared.subarray(0, size))
    return true
  }

  private onOctets(octets: Buffer): void {
    switch (this.phase) {
      case "opening":
        this.head += octets.toString("latin1")
        return this.head.includes("\r\n\r\n") ? this.onHead() : undefined
      case "saying":
      case "closing":
        this.rest = Buffer.concat([this.rest, octets])
        // Nothing that is sent to a client is longer than a short header tells.
        return this.rest.length >= 2 && this.rest.length >= 2 + (this.rest[1] ?? 0) ? this.onFrame() : undefined
      case "closed":
        return this.fail("the server said more behind its Close")
      case "dropped":
      case "failed":
        return
    }
  }

  private onHead(): void {
    if (!this.script.isOpening(this.head) || !this.head.endsWith("\r\n\r\n")) {
      return this.fail(`not opened: ${this.head}`)
    }
    this.storm.opened(performance.now() - this.begin)
    if (this.script.message === undefined) this.close()
    else {
      this.phase = "saying"
      this.socket.write(this.script.message.frame)
    }
  }

  private onFrame(): void {
    const frame = this.rest
    this.rest = Buffer.alloc(0)
    if (this.phase === "closing") {
      if (frame.equals(closeAnswer)) this.phase = "closed"
      else this.fail(`no answer to a Close: ${frame.toString("hex")}`)
    } else if (this.script.message?.isAnswer(frame) === true) this.close()
    else this.fail(`an answer is not what was sent: ${frame.toString("hex")}`)
  }

  private close(): void {
    this.phase = "closing"
    this.socket.write(close)
  }

  private fail(says: string): void {
    if (this.phase === "failed") return
    const error = new Error(`a client in the storm, ${this.phase}: ${says}`)
    this.phase = "failed"
    this.socket.destroy()
    this.storm.failed(error)
  }
}
