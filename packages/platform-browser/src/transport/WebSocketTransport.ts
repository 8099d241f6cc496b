/**
 * The `WebSocket` of a host as a transport of messages. In: one that is open. Out: its messages, and how it ended.
 *
 * It cannot be told to wait: each message comes as an event. What it has not sent yet it tells when it is asked.
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import type { MessageReceiver, MessageTransport } from "@effect-ws/connection/host/MessageTransport"
import type { Content, Message } from "@effect-ws/connection/Message"
import { Unexplained } from "../Unexplained.js"

/**
 * What of the interface `WebSocket` is used (https://websockets.spec.whatwg.org).
 *
 * @since 0.1.0
 * @category models
 */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  readonly readyState: number
  readonly protocol: string
  readonly extensions: string
  send(data: string | Unshared): void
  close(code?: number, reason?: string): void
  addEventListener(type: string, listener: (event: WebSocketEvent) => void): void
  removeEventListener(type: string, listener: (event: WebSocketEvent) => void): void
}

/**
 * Bytes that are not in shared memory: a `WebSocket` refuses others.
 *
 * @since 0.1.0
 * @category models
 */
export type Unshared = Uint8Array & { readonly buffer: ArrayBuffer }

/**
 * What of its events is used: of `message`, of `close`, and of `error` what hosts say besides the text.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebSocketEvent {
  readonly data?: unknown
  readonly wasClean?: boolean
  readonly code?: number
  readonly reason?: string
  readonly error?: unknown
  readonly message?: unknown
}

/**
 * The class.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebSocketClass {
  new(url: string, protocols?: string | Array<string>): WebSocketLike
}

/** Waits until one is open; answers how to give it up. */
export const open = (
  socket: WebSocketLike,
  opened: (transport: MessageTransport, protocol: string, extensions: string) => void,
  failed: (cause: unknown) => void
): () => void => {
  socket.binaryType = "arraybuffer"
  const listeners: ReadonlyArray<readonly [type: string, listener: (event: WebSocketEvent) => void]> = [
    ["open", () => {
      stop()
      opened(new WebSocketTransport(socket), socket.protocol, socket.extensions)
    }],
    // `close` follows, which says no more; of Node 22 it does not, where there was no connection.
    ["error", (event) => {
      stop()
      failed(reasonOf(event))
    }],
    ["close", () => {
      stop()
      failed(undefined)
    }]
  ]
  const stop = (): void => {
    for (const [type, listener] of listeners) socket.removeEventListener(type, listener)
  }
  for (const [type, listener] of listeners) socket.addEventListener(type, listener)
  return () => {
    stop()
    socket.close()
  }
}

/** Why, on hosts that say so in the event `error`; browsers do not. */
const reasonOf = ({ error, message }: WebSocketEvent): unknown => error ?? (message === "" ? undefined : message)

/** `readyState` of one that is open, as all hosts number them. */
const openState = 1

export class WebSocketTransport implements MessageTransport {
  readonly pausing = undefined
  private receiver: MessageReceiver | undefined = undefined
  /** What came before there was a receiver. */
  private early: Array<() => void> = []
  private error: unknown = undefined

  constructor(private readonly socket: WebSocketLike) {
    for (const [type, listener] of this.listeners) socket.addEventListener(type, listener)
  }

  get pending(): number {
    return this.socket.bufferedAmount
  }

  get isOpen(): boolean {
    return this.socket.readyState === openState
  }

  attach(receiver: MessageReceiver): void {
    this.receiver = receiver
    const { early } = this
    this.early = []
    for (const tell of early) tell()
  }

  /** The host copies what it is given. Shared memory it refuses, so that is copied first. */
  send(message: Content): void {
    this.socket.send(typeof message === "string" || isUnshared(message) ? message : new Uint8Array(message))
  }

  close(status: CloseStatus): void {
    if (status._tag === "Empty") this.socket.close()
    else this.socket.close(status.code, status.reason)
  }

  destroy(): void {
    for (const [type, listener] of this.listeners) this.socket.removeEventListener(type, listener)
    this.early = []
    this.socket.close()
  }

  private readonly onMessage = ({ data }: WebSocketEvent): void => {
    const message = messageOf(data)
    if (message !== undefined) this.tell((receiver) => receiver.onMessage(message))
  }

  /** The event `close` follows. */
  private readonly onError = (event: WebSocketEvent): void => {
    this.error = reasonOf(event)
  }

  private readonly onClose = ({ code: said = 1006, reason = "", wasClean = false }: WebSocketEvent): void => {
    const code = said === 0 ? 1006 : said // as Deno says it
    const error = wasClean ? undefined : this.error ?? new Unexplained({ code })
    this.tell((receiver) => receiver.onClosed({ wasClean, code, reason, error }))
  }

  private readonly listeners = [
    ["message", this.onMessage],
    ["error", this.onError],
    ["close", this.onClose]
  ] as const

  private tell(tell: (receiver: MessageReceiver) => void): void {
    const { receiver } = this
    if (receiver !== undefined) return tell(receiver)
    this.early.push(() => {
      if (this.receiver !== undefined) tell(this.receiver)
    })
  }
}

const isUnshared = (bytes: Uint8Array): bytes is Unshared =>
  typeof SharedArrayBuffer === "undefined" || !(bytes.buffer instanceof SharedArrayBuffer)

/** `binaryType` is "arraybuffer": nothing else comes. */
const messageOf = (data: unknown): Message | undefined => {
  if (typeof data === "string") return data
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined
}
