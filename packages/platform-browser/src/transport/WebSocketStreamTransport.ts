/**
 * The `WebSocketStream` of a host (https://github.com/ricea/websocketstream-explainer) as a transport of messages: one that can be told
 * to wait, and that tells when what was sent has left. In: one that was opened. Out: its messages, and how it ended.
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { HostEnd, MessageReceiver, MessageTransport, Pausing } from "@effect-ws/connection/host/MessageTransport"
import type { Content } from "@effect-ws/connection/Message"
import { Unexplained } from "../Unexplained.js"

/** What of the class is used. */
export interface WebSocketStreamClass {
  new(url: string, options: { readonly protocols: ReadonlyArray<string> }): WebSocketStreamLike
}

export interface WebSocketStreamLike {
  readonly opened: Promise<OpenedStream>
  /** Resolves if the closing handshake was whole, and rejects with a `WebSocketError` otherwise. */
  readonly closed: Promise<CloseInfo>
  close(info?: { readonly closeCode?: number; readonly reason?: string }): void
}

export interface CloseInfo {
  readonly closeCode?: number
  readonly reason?: string
}

export interface OpenedStream {
  readonly readable: { getReader(): StreamReader }
  readonly writable: { getWriter(): StreamWriter }
  readonly protocol: string
  readonly extensions: string
}

interface StreamReader {
  read(): Promise<Part>
}

interface Part {
  readonly done: boolean
  readonly value?: unknown
}

interface StreamWriter {
  write(message: string | Uint8Array): Promise<void>
}

/** Waits until it is open; answers how to give it up. */
export const open = (
  stream: WebSocketStreamLike,
  opened: (transport: MessageTransport, protocol: string, extensions: string) => void,
  failed: (cause: unknown) => void
): () => void => {
  let given = false
  stream.closed.catch(() => {}) // it is told by `opened` until that is over
  stream.opened.then(
    (found) => {
      if (!given) opened(new WebSocketStreamTransport(stream, found), found.protocol, found.extensions)
    },
    (cause) => {
      if (!given) failed(cause)
    }
  )
  return () => {
    given = true
    stream.close()
  }
}

export class WebSocketStreamTransport implements MessageTransport {
  readonly pausing: Pausing
  pending = 0
  isOpen = true
  private readonly reader: StreamReader
  private readonly writer: StreamWriter
  private receiver: MessageReceiver | undefined = undefined
  private latest: Promise<void> = Promise.resolve()
  private isPaused = false
  private isReading = false
  private isDone = false
  private end: HostEnd | undefined = undefined

  constructor(private readonly stream: WebSocketStreamLike, { readable, writable }: OpenedStream) {
    this.reader = readable.getReader()
    this.writer = writable.getWriter()
    this.pausing = {
      pause: () => {
        this.isPaused = true
      },
      resume: () => {
        this.isPaused = false
        void this.read()
      }
    }
    stream.closed.then((info) => this.onEnd(info, true), (error: CloseInfo) => this.onEnd(error, false))
  }

  attach(receiver: MessageReceiver): void {
    this.receiver = receiver
    void this.read()
  }

  /** The stream keeps what it is given until it has left, so it is given a copy. */
  send(message: Content): void {
    const size = typeof message === "string" ? Primitives.utf8.utf8Length(message) : message.length
    const left = (): void => {
      this.pending -= size
      this.receiver?.onDrained()
    }
    this.pending += size
    this.latest = this.writer.write(typeof message === "string" ? message : new Uint8Array(message)).then(left, left)
  }

  /** Behind what was sent, which the stream's own `close` would overtake. */
  close(status: CloseStatus): void {
    this.isOpen = false
    void this.latest.then(() =>
      this.stream.close(status._tag === "Empty" ? {} : { closeCode: status.code, reason: status.reason })
    )
  }

  destroy(): void {
    this.isOpen = false
    this.receiver = undefined
    this.stream.close()
  }

  /** One message at a time, until we are told to wait. */
  private async read(): Promise<void> {
    if (this.isReading) return
    this.isReading = true
    while (!this.isDone && (!this.isPaused || this.end !== undefined)) {
      const { done, value } = await this.reader.read().catch(() => over)
      if (done) this.isDone = true
      else if (typeof value === "string") this.receiver?.onMessage(value)
      else if (value instanceof ArrayBuffer) this.receiver?.onMessage(new Uint8Array(value))
      else if (value instanceof Uint8Array) this.receiver?.onMessage(new Uint8Array(value))
    }
    this.isReading = false
    this.tellEnd()
  }

  /** What came before is told first, also where we wait: nothing more comes behind it. */
  private onEnd({ closeCode = 1005, reason = "" }: CloseInfo, wasClean: boolean): void {
    this.isOpen = false
    const code = wasClean ? closeCode : closeCode === 1005 ? 1006 : closeCode
    this.end = { wasClean, code, reason, error: wasClean ? undefined : new Unexplained({ code }) }
    void this.read()
    this.tellEnd()
  }

  private tellEnd(): void {
    const { end, receiver } = this
    if (end === undefined || receiver === undefined || !this.isDone) return
    this.receiver = undefined
    receiver.onClosed(end)
  }
}

const over: Part = { done: true }
