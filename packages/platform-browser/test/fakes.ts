/** A page as the tests play it: its WebSocket, whose other end is the test, its events, and its document. */
import type { PageEvent } from "../src/page/globals.js"
import type { WebSocketEvent, WebSocketLike } from "../src/transport/WebSocketTransport.js"

type Listener = (event: WebSocketEvent & PageEvent) => void

class Target {
  private readonly listeners = new Map<string, ReadonlyArray<Listener>>()

  readonly addEventListener = (type: string, listener: Listener): void => {
    this.listeners.set(type, [...this.listeners.get(type) ?? [], listener])
  }

  readonly removeEventListener = (type: string, listener: Listener): void => {
    this.listeners.set(type, (this.listeners.get(type) ?? []).filter((other) => other !== listener))
  }

  dispatch(type: string, event: WebSocketEvent & PageEvent = {}): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event)
  }

  get listening(): number {
    return [...this.listeners.values()].flat().length
  }
}

export class FakeWebSocket extends Target implements WebSocketLike {
  binaryType = "blob"
  bufferedAmount = 0
  readyState = 0
  protocol = ""
  extensions = ""
  readonly sent: Array<string | Uint8Array> = []
  readonly closes: Array<ReadonlyArray<unknown>> = []
  /** Whether the network takes what is sent. */
  takes = true

  constructor(readonly url: string, readonly protocols: ReadonlyArray<string>) {
    super()
  }

  readonly send = (data: string | Uint8Array): void => {
    this.sent.push(data)
    if (!this.takes) this.bufferedAmount += data.length
  }

  readonly close = (...args: ReadonlyArray<unknown>): void => {
    this.closes.push(args)
    if (this.readyState < 2) this.readyState = 2
  }

  // -- the other end

  open(protocol = "", extensions = ""): void {
    this.readyState = 1
    this.protocol = protocol
    this.extensions = extensions
    this.dispatch("open")
  }

  say(data: unknown): void {
    this.dispatch("message", { data })
  }

  end(code: number, reason = "", wasClean = code !== 1006): void {
    this.readyState = 3
    this.dispatch("close", { code, reason, wasClean })
  }
}

class FakeDocument extends Target {
  visibilityState = "visible"
}

export class FakePage extends Target {
  readonly TextEncoder = TextEncoder
  readonly document = new FakeDocument()
  readonly sockets: Array<FakeWebSocket> = []
  readonly WebSocket: new(url: string, protocols?: string | Array<string>) => FakeWebSocket

  constructor() {
    super()
    const { sockets } = this
    this.WebSocket = class extends FakeWebSocket {
      constructor(url: string, protocols: string | Array<string> = []) {
        super(url, [protocols].flat())
        sockets.push(this)
      }
    }
  }

  at(index: number): FakeWebSocket {
    const socket = this.sockets.at(index)
    if (socket === undefined) throw new Error(`there is no socket ${index}`)
    return socket
  }
}

export const bytesOf = (size: number): ArrayBuffer => new Uint8Array(size).fill(7).buffer
