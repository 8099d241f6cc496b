/**
 * `NodeWebSocketConstructor`: the interface that browsers have (WHATWG WebSockets §3.1), as events of one connection. In: calls, in
 * any state. Out: events, in the turn of what they tell.
 *
 * Everything that can be wrong in a call is thrown, as that interface has it.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import * as Connection from "@effect-ws/connection/Connection"
import type { HandshakeError } from "@effect-ws/connection/HandshakeError"
import type { Message } from "@effect-ws/connection/Message"
import type { ConnectOptions, WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Runtime from "effect/Runtime"
import { primitives } from "../NodePrimitives.js"
import type { BinaryType } from "../NodeWebSocketConstructor.js"
import * as url from "./url.js"

export interface Settings {
  readonly client: WebSocketClient["Type"]
  readonly connectOptions: Omit<ConnectOptions<"whole">, "incoming" | "subprotocols">
  readonly binaryType: BinaryType
  /** Starts what a socket is at work on, for as long as the layer lives. */
  readonly fork: (effect: Effect.Effect<void, HandshakeError>) => Fiber.RuntimeFiber<void, HandshakeError>
  readonly runtime: Runtime.Runtime<never>
}

type Sendable = string | ArrayBufferLike | ArrayBufferView | Blob

type Listener = ((event: Event) => void) | null

type Kind = "open" | "message" | "error" | "close"

export class WebSocket extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3

  /** Of the interface that browsers have, which says less of its events and more of `binaryType`. */
  static make(to: string, protocols: string | ReadonlyArray<string>, settings: Settings): globalThis.WebSocket {
    return new WebSocket(to, protocols, settings) as unknown as globalThis.WebSocket
  }

  readonly url: string
  binaryType: BinaryType
  private state: 0 | 1 | 2 | 3 = 0
  private connection: Connection.Connection | undefined = undefined
  private readonly fiber: Fiber.RuntimeFiber<void, HandshakeError>
  private readonly handlers = new Map<Kind, Listener>()
  /** What waits for room, in order. */
  private readonly backlog: Array<Message | Blob> = []
  private backlogSize = 0
  /** Octets that were sent too late: they count as buffered for good. */
  private lost = 0

  constructor(to: string, protocols: string | ReadonlyArray<string>, private readonly settings: Settings) {
    super()
    const located = url.parse(to)
    if (located._tag === "Problem") throw new DOMException(`Not a URL of a WebSocket: ${located.shown}`, "SyntaxError")
    const subprotocols = typeof protocols === "string" ? [protocols] : [...protocols]
    if (new Set(subprotocols).size < subprotocols.length || !subprotocols.every((one) => token.test(one))) {
      throw new DOMException("Subprotocols are tokens, none of them twice", "SyntaxError")
    }
    this.url = located.shown
    this.binaryType = settings.binaryType
    const { client, connectOptions, fork } = settings
    const options = {
      withoutSubprotocol: "fail" as const,
      ...connectOptions,
      subprotocols
    }
    this.fiber = fork(Effect.scoped(Effect.flatMap(client.connect(to, options), (connection) => {
      this.opened(connection)
      return Effect.asVoid(connection.outcome)
    })))
    this.fiber.addObserver((exit) => {
      if (Exit.isFailure(exit) && this.connection === undefined) this.failed(exit.cause)
    })
  }

  get readyState(): number {
    return this.state
  }

  get protocol(): string {
    return this.connection?.opening.subprotocol ?? ""
  }

  get extensions(): string {
    return this.connection?.extensions ?? ""
  }

  get bufferedAmount(): number {
    return (this.state === 3 ? 0 : (this.connection?.bufferedAmount ?? 0) + this.backlogSize) + this.lost
  }

  send(data: Sendable): void {
    if (this.state === 0) throw new DOMException("The connection is not open yet", "InvalidStateError")
    const message = messageOf(data)
    if (this.state !== 1) {
      this.lost += sizeOf(message)
      return
    }
    if (this.backlog.length === 0 && !(message instanceof Blob) && this.connection?.trySend(message) === "accepted") {
      return
    }
    this.backlog.push(message)
    this.backlogSize += sizeOf(message)
    if (this.backlog.length === 1) this.settings.fork(this.sendBacklog)
  }

  close(code?: number, reason = ""): void {
    const problem = CloseStatus.check(primitives, code ?? 1000, reason)
    if (problem === "IllegalCode") throw new DOMException(`${code} must not be sent in a Close`, "InvalidAccessError")
    if (problem === "ReasonTooLong") throw new DOMException("A Close reason is at most 123 octets", "SyntaxError")
    if (this.state >= 2) return
    const { connection } = this
    this.state = 2
    if (connection === undefined) {
      this.fiber.unsafeInterruptAsFork(FiberId.none)
    } else if (this.backlog.length === 0) {
      this.startClose(connection, code, reason)
    } else {
      this.onBacklogSent = () => this.startClose(connection, code, reason)
    }
  }
  private onBacklogSent = (): void => {}

  private startClose(connection: Connection.Connection, code: number | undefined, reason: string): void {
    this.settings.fork(Effect.ignore(connection.close(code ?? 1000, reason)))
  }

  private readonly sendBacklog: Effect.Effect<void> = Effect.suspend(() => {
    const [message] = this.backlog
    const { connection } = this
    if (message === undefined || connection === undefined) return Effect.sync(this.onBacklogSent)
    const octets = message instanceof Blob
      ? Effect.map(Effect.promise(() => message.arrayBuffer()), (buffer) => new Uint8Array(buffer))
      : Effect.succeed(message)
    return Effect.flatMap(Effect.ignore(Effect.flatMap(octets, connection.send)), () => {
      if (this.backlog.shift() !== undefined) this.backlogSize -= sizeOf(message)
      return this.sendBacklog
    })
  })

  // -- what the connection tells

  private opened(connection: Connection.Connection): void {
    this.connection = connection
    if (this.state === 0) this.state = 1
    this.tell(new Event("open"))
    Connection.unsafeRun(
      connection,
      this.settings.runtime,
      (_, message) => this.received(message),
      () => this.state = this.state === 1 ? 2 : this.state
    )
    Connection.listen(connection, (outcome) => this.closed(closeOf(outcome)))
  }

  private received(message: Message): void {
    if (this.state !== 1) return
    this.tell(new MessageEvent("message", { data: dataOf(message, this.binaryType), origin: this.url }))
  }

  private failed(cause: Cause.Cause<HandshakeError>): void {
    this.state = 3
    this.tell(new FailureEvent(Cause.squash(cause)))
    this.closed({ code: 1006, reason: "", wasClean: false })
  }

  private closed(close: Close): void {
    this.state = 3
    this.lost += this.backlogSize
    this.backlog.length = 0
    this.backlogSize = 0
    this.tell(new CloseEvent(close))
  }

  private tell(event: Event): void {
    this.dispatchEvent(event)
  }

  // -- `onopen` and the like

  get onopen(): Listener {
    return this.handlers.get("open") ?? null
  }
  set onopen(listener: Listener) {
    this.handle("open", listener)
  }
  get onmessage(): Listener {
    return this.handlers.get("message") ?? null
  }
  set onmessage(listener: Listener) {
    this.handle("message", listener)
  }
  get onerror(): Listener {
    return this.handlers.get("error") ?? null
  }
  set onerror(listener: Listener) {
    this.handle("error", listener)
  }
  get onclose(): Listener {
    return this.handlers.get("close") ?? null
  }
  set onclose(listener: Listener) {
    this.handle("close", listener)
  }

  private handle(kind: Kind, listener: Listener): void {
    const before = this.handlers.get(kind)
    if (typeof before === "function") this.removeEventListener(kind, before)
    this.handlers.set(kind, typeof listener === "function" ? listener : null)
    if (typeof listener === "function") this.addEventListener(kind, listener)
  }
}

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

interface Close {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** Node has one since version 23. */
class CloseEvent extends Event implements Close {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean

  constructor({ code, reason, wasClean }: Close) {
    super("close")
    this.code = code
    this.reason = reason
    this.wasClean = wasClean
  }
}

class FailureEvent extends Event {
  readonly message: string

  constructor(readonly error: unknown) {
    super("error")
    this.message = error instanceof Error ? error.message : String(error)
  }
}

/** The code that came; where none did since we failed the connection, the one that left; and else what browsers say. */
const closeOf = (outcome: CloseOutcome): Close => {
  const { _tag, local, remote } = outcome
  const wasClean = _tag === "Clean" || _tag === "DropTimeout"
  const told = remote ?? (_tag === "Failed" ? local : undefined)
  if (told === undefined) return { code: 1006, reason: "", wasClean }
  return told._tag === "Empty"
    ? { code: 1005, reason: "", wasClean }
    : { code: told.code, reason: told.reason, wasClean }
}

const dataOf = (message: Message, binaryType: BinaryType): unknown => {
  if (typeof message === "string") return message
  switch (binaryType) {
    case "uint8array":
      return message
    case "arraybuffer":
      return message.byteLength === message.buffer.byteLength ? message.buffer : message.slice().buffer
    case "blob":
      return new Blob([message as Uint8Array<ArrayBuffer>])
  }
}

/** A copy: the caller may change its octets at once. */
const messageOf = (data: Sendable): Message | Blob => {
  if (typeof data === "string" || data instanceof Blob) return data
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data).slice()
  return String(data)
}

const sizeOf = (message: Message | Blob): number =>
  typeof message === "string"
    ? primitives.utf8Length(message)
    : message instanceof Blob
    ? message.size
    : message.byteLength
