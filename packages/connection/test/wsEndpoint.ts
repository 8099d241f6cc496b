/** A WebSocket of `ws`, with its defaults, that does what a program says, over a stream in memory. */
import { Duplex } from "node:stream"
import * as Ws from "ws"
import type { Endpoint } from "./endpoint.js"
import type { Message, Octets, Setting, Step } from "./model.js"
import { framesIn, pongTo } from "./model.js"

/** The octets below it. */
class Wire extends Duplex {
  readonly written: Array<number> = []
  hasEnded = false
  override _read(): void {}
  override _write(octets: Buffer, _encoding: string, done: () => void): void {
    this.written.push(...octets)
    done()
  }
  override _final(done: () => void): void {
    this.hasEnded = true
    done()
  }
}

/** What its types do not say. */
interface Internals {
  readonly _receiver: { readonly _state: number; readonly errored: Error | null }
  readonly _sender: { readonly _state: number }
  readonly _extensions: Record<string, unknown>
  _isServer: boolean
  setSocket(wire: Duplex, head: Buffer, options: Record<string, unknown>): void
}
interface PerMessageDeflate {
  accept(configurations: ReadonlyArray<Record<string, unknown>>): void
}
const library = Ws as unknown as {
  readonly PerMessageDeflate: new(options: Record<string, unknown>) => PerMessageDeflate
}
const inflating = 5

export class TheirWebSocket implements Endpoint {
  readonly socket = new Wire()
  readonly messages: Array<Message> = []
  /** What it says of the end: its code (1006 for any that was not clean), and whether octets were illegal to it. */
  reported: number | undefined = undefined
  hasFailed = false
  private readonly webSocket: Ws.WebSocket
  private readonly internals: Internals
  private peerEnded = false
  private kind: "text" | "binary" = "text"
  private drawn = 0

  constructor(private readonly setting: Setting) {
    const { extension, maxMessageSize, role } = setting
    const options = { autoPong: true, maxPendingAutoPongs: 60, closeTimeout: 30_000 }
    const webSocket = new (Ws.WebSocket as unknown as new(...args: ReadonlyArray<unknown>) => Ws.WebSocket)(
      null,
      undefined,
      options
    )
    const internals = webSocket as unknown as Internals
    internals._isServer = role === "server"
    if (extension !== undefined) {
      const deflate = new library.PerMessageDeflate({
        threshold: extension.worthFrom,
        isServer: role === "server",
        maxPayload: maxMessageSize
      })
      deflate.accept([{}])
      internals._extensions["permessage-deflate"] = deflate
    }
    webSocket.on("message", (data: Buffer, isBinary) => {
      this.messages.push(isBinary ? Array.from(data) : data.toString())
      if (setting.echoes) webSocket.send(data, { binary: isBinary }, () => {})
    })
    webSocket.on("error", (error: Error & { readonly code?: string }) => {
      this.hasFailed = /^(WS_ERR|Z)_/.test(error.code ?? "")
    })
    webSocket.on("close", (code) => {
      this.reported = code
    })
    internals.setSocket(this.socket, Buffer.alloc(0), {
      allowSynchronousEvents: true,
      maxBufferedChunks: 256 * 1024,
      maxFragments: 16 * 1024,
      maxPayload: maxMessageSize,
      skipUTF8Validation: false
    })
    this.webSocket = webSocket
    this.internals = internals
  }

  readonly step = async (step: Step): Promise<void> => {
    this.do(step)
    do {
      for (let i = 0; i < 4; i++) await new Promise(setImmediate)
    } while (this.isBusy)
  }

  /** zlib works in other threads. */
  private get isBusy(): boolean {
    const { _receiver, _sender } = this.internals
    return !this.socket.destroyed &&
      ((_receiver._state === inflating && _receiver.errored === null) || _sender._state !== 0)
  }

  private do(step: Step): void {
    const { setting, socket, webSocket } = this
    switch (step._tag) {
      case "Hear":
        return this.hear(step.octets)
      case "HearPong": {
        const ping = framesIn(this.wire())[0].filter(({ first }) => first === 137)[step.ping]
        return ping === undefined ? undefined : this.hear(pongTo(setting.role, ping.payload))
      }
      case "HearEnd":
        this.peerEnded = true
        return void socket.push(null)
      case "Break":
        return void socket.destroy(new Error("ECONNRESET"))
      case "Send":
        return this.send(step.message, true)
      case "Begin":
        this.kind = step.kind
        return
      case "Part":
        return this.send(step.content, false)
      case "Finish":
        return this.send(this.kind === "text" ? "" : [], true)
      case "Ping": {
        const payload = Buffer.alloc(8)
        payload.writeUInt32BE(setting.random(this.drawn++))
        payload.writeUInt32BE(setting.random(this.drawn++), 4)
        return webSocket.ping(payload, undefined, () => {})
      }
      case "Close":
        return webSocket.close(step.code, step.reason)
      case "Abandon":
      case "Stall":
      case "Drain":
      case "Timer":
      case "Abort":
        throw new Error(`${step._tag} is not for it`)
    }
  }

  private hear(octets: Octets): void {
    if (!this.peerEnded && !this.socket.destroyed && octets.length > 0) this.socket.push(Buffer.from(octets))
  }

  private send(message: Message, fin: boolean): void {
    this.webSocket.send(typeof message === "string" ? message : Buffer.from(message), { fin }, () => {})
  }

  readonly wire = (): Octets => this.socket.written

  readonly hasEnded = (): boolean => this.socket.hasEnded || this.socket.destroyed
}
