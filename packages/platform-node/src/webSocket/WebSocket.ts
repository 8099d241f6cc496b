/**
 * The `WebSocket` interface that browsers have (WHATWG WebSockets §3.1), as a class for the settings of a layer. In: calls with
 * anything, in any state. Out: what Web IDL says of them. What is behind it is a `Session`.
 *
 * Everything that can be wrong in a call is thrown, as that interface has it. What a listener throws is Node's business, which makes
 * it an uncaught exception once all other listeners have run: nothing here notices.
 */
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Message } from "@effect-ws/connection/Message"
import { primitives } from "../transport/primitives.js"
import type { Dialect } from "./dialects.js"
import * as events from "./events.js"
import type { BinaryType, WebSocketClass } from "./options.js"
import type { ClassSettings } from "./Session.js"
import * as sessions from "./Session.js"
import * as webIdl from "./webIdl.js"

type EventKind = "open" | "message" | "error" | "close"

/** What `onopen` and the like hold: an object that cannot be called is kept, and not called. */
interface EventHandler {
  value: object
  readonly listener: (event: Event) => void
}

/** A subclass, or the program, may have others. */
const { addEventListener, dispatchEvent, removeEventListener } = EventTarget.prototype

export const makeClass = (settings: ClassSettings, initialBinaryType: BinaryType): WebSocketClass => {
  const { dialect } = settings

  class WebSocket extends EventTarget {
    readonly #url: URL
    readonly #session: sessions.Session
    readonly #handlers = new Map<EventKind, EventHandler>()
    #binaryType = initialBinaryType

    constructor(url: unknown, protocols: unknown = []) {
      super()
      webIdl.requireOne(arguments.length, "new WebSocket")
      const given = webIdl.text(url)
      const subprotocols = webIdl.texts(protocols)
      this.#url = urlOf(given)
      requireSubprotocols(subprotocols)
      this.#session = new sessions.Session(this.#url.href, subprotocols, settings, {
        onEvent: (event) => this.#tell(event),
        onMessage: (message) => this.#tell(events.message(dataOf(message, this.#binaryType), this.#url.origin))
      })
    }

    get url(): string {
      return this.#url.href
    }
    get readyState(): number {
      return this.#session.state
    }
    get bufferedAmount(): number {
      return this.#session.bufferedAmount
    }
    get extensions(): string {
      return this.#session.extensions
    }
    get protocol(): string {
      return this.#session.protocol
    }

    get binaryType(): unknown {
      return this.#binaryType
    }
    set binaryType(value) {
      const given = webIdl.text(value)
      this.#binaryType = dialect.binaryTypes.find((known) => known === given) ?? this.#binaryType
    }

    close(code: unknown = undefined, reason: unknown = undefined): void {
      const session = this.#session
      session.close(statusOf(code, reason, dialect))
    }

    send(data: unknown): void {
      const session = this.#session
      webIdl.requireOne(arguments.length, "WebSocket.send")
      const message = webIdl.data(data)
      if (session.state === sessions.connecting) {
        throw new DOMException("The WebSocket is not open yet: send after its open event", "InvalidStateError")
      }
      session.send(message)
    }

    get onopen(): object | null {
      return this.#handler("open")
    }
    set onopen(value: unknown) {
      this.#handle("open", value)
    }
    get onerror(): object | null {
      return this.#handler("error")
    }
    set onerror(value: unknown) {
      this.#handle("error", value)
    }
    get onclose(): object | null {
      return this.#handler("close")
    }
    set onclose(value: unknown) {
      this.#handle("close", value)
    }
    get onmessage(): object | null {
      return this.#handler("message")
    }
    set onmessage(value: unknown) {
      this.#handle("message", value)
    }

    #handler(kind: EventKind): object | null {
      return this.#handlers.get(kind)?.value ?? null
    }

    /** HTML §8.1.8.1: one that replaces another is called in its place; after `null` the next comes last. */
    #handle(kind: EventKind, value: unknown): void {
      const handler = this.#handlers.get(kind)
      if (!webIdl.isObject(value)) {
        if (handler !== undefined) removeEventListener.call(this, kind, handler.listener)
        this.#handlers.delete(kind)
      } else if (handler !== undefined) {
        handler.value = value
      } else {
        const added: EventHandler = {
          value,
          listener: (event) => {
            if (typeof added.value === "function" && added.value.call(this, event) === false) event.preventDefault()
          }
        }
        this.#handlers.set(kind, added)
        addEventListener.call(this, kind, added.listener)
      }
    }

    #tell(event: Event): void {
      dispatchEvent.call(this, event)
    }
  }

  conform(WebSocket)
  return WebSocket as unknown as WebSocketClass
}

/** Web IDL §3.7: constants on the class and its prototype, members that can be enumerated. */
const conform = (WebSocket: { readonly prototype: object }): void => {
  const { prototype } = WebSocket
  for (const [name, value] of Object.entries(constants)) {
    Object.defineProperty(WebSocket, name, { value, enumerable: true })
    Object.defineProperty(prototype, name, { value, enumerable: true })
  }
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name !== "constructor") Object.defineProperty(prototype, name, { enumerable: true })
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: "WebSocket", configurable: true })
}

const constants = {
  CONNECTING: sessions.connecting,
  OPEN: sessions.open,
  CLOSING: sessions.closing,
  CLOSED: sessions.closed
}

/** WHATWG WebSockets §3.1, "getting a URL record". Relative to where the host says it is, if it says so: Node does not. */
const urlOf = (given: string): URL => {
  const url = parse(given, (globalThis as { readonly location?: { readonly href?: string } }).location?.href)
  if (url === undefined) throw new DOMException("The URL of a WebSocket must be an absolute URL", "SyntaxError")
  if (url.protocol === "http:") url.protocol = "ws:"
  if (url.protocol === "https:") url.protocol = "wss:"
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new DOMException(
      `The URL of a WebSocket must be ws:, wss:, http: or https:, not ${url.protocol}`,
      "SyntaxError"
    )
  }
  if (url.href.includes("#")) {
    throw new DOMException(
      "The URL of a WebSocket must not have a fragment: write %23 for a # of its path or query",
      "SyntaxError"
    )
  }
  return url
}

const parse = (text: string, base: string | undefined): URL | undefined => {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

const requireSubprotocols = (subprotocols: ReadonlyArray<string>): void => {
  const wrong = subprotocols.find((one) => !token.test(one))
  if (wrong !== undefined) {
    throw new DOMException(
      `A subprotocol must be a token (RFC 9110 §5.6.2), not ${JSON.stringify(wrong)}`,
      "SyntaxError"
    )
  }
  if (new Set(subprotocols.map((one) => one.toLowerCase())).size < subprotocols.length) {
    throw new DOMException(`No subprotocol may be given twice, in any case: ${subprotocols.join(", ")}`, "SyntaxError")
  }
}

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

const statusOf = (code: unknown, reason: unknown, { isLegalCode, withoutCode }: Dialect): CloseStatus.CloseStatus => {
  const number = code === undefined ? undefined : webIdl.clampedShort(code)
  const text = reason === undefined ? "" : webIdl.text(reason)
  if (number !== undefined && !isLegalCode(number)) {
    throw new DOMException(
      `${number} must not be sent: close with 1000, or 3000 to 4999`,
      "InvalidAccessError"
    )
  }
  const size = primitives.utf8Length(text)
  if (size > CloseStatus.maxReasonSize) {
    throw new DOMException(
      `A Close reason may take at most ${CloseStatus.maxReasonSize} bytes in UTF-8, and this one takes ${size}`,
      "SyntaxError"
    )
  }
  if (number !== undefined) return CloseStatus.make(number, text)
  return text === "" ? withoutCode : CloseStatus.make(1000, text) // a reason cannot be sent without a code
}

const dataOf = (message: Message, binaryType: BinaryType): unknown => {
  if (typeof message === "string") return message
  switch (binaryType) {
    case "uint8array":
      return message
    case "arraybuffer":
      return message.byteLength === message.buffer.byteLength ? message.buffer : message.slice().buffer
    case "blob":
      return new Blob([message])
  }
}
