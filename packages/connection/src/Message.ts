/**
 * What applications exchange: text is a string, or its bytes if you chose that; binary is bytes. And what a message counts in a
 * budget.
 *
 * It does not know frames: a message may come in any number of them (RFC 6455 §5.4).
 *
 * @since 0.1.0
 */
import type { Octets } from "@effect-ws/codec/Primitives"
import { TextBytes } from "@effect-ws/codec/TextBytes"
import type { Answer, SharedDeflater } from "./host/Compression.js"
import { Deflation } from "./sending/Deflation.js"

export { TextBytes } from "@effect-ws/codec/TextBytes"

/**
 * A whole message as received. The memory of a binary message is yours alone: it fills its `ArrayBuffer` from offset 0, so you may
 * transfer, overwrite or keep it. It is a `Uint8Array<ArrayBuffer>`, which fits `Blob` and `fetch`.
 *
 * @since 0.1.0
 * @category models
 */
export type Message = string | Octets

/**
 * A {@link Message} of a connection opened with `incoming: "bytes"`: text is checked to be UTF-8, and not decoded.
 *
 * @example
 * import type { Connection } from "@effect-ws/connection/Connection"
 * import type { ByteMessage } from "@effect-ws/connection/Message"
 *
 * // Nothing is decoded or encoded on the way. Text stays text, and binary stays binary.
 * const relay = (from: Connection<ByteMessage>, to: Connection) => from.run((message) => to.send(message))
 *
 * @since 0.1.0
 * @category models
 */
export type ByteMessage = TextBytes | Octets

/**
 * A whole message in either form.
 *
 * @since 0.1.0
 * @category models
 */
export type AnyMessage = Message | ByteMessage

/**
 * A message to send: text, or bytes in memory of any kind, also shared memory.
 *
 * @since 0.1.0
 * @category models
 */
export type Content = string | Uint8Array

/**
 * A message for many connections: its text is encoded once, by the first connection that sends it ({@link TextBytes} are encoded
 * already). It is also deflated once for all connections of a layer that send without context takeover and with the same window; the
 * others each deflate it with their own context (RFC 7692 §7.1.1). The results are kept as long as the message.
 *
 * With `compression: false` it is never deflated: for content that is compressed already (an image), or must not be (RFC 7692 §8: a
 * secret beside content that a peer chooses).
 *
 * It refers to your bytes and does not copy them: do not change them afterward, or give the constructor a copy.
 *
 * @example
 * import type { Connection } from "@effect-ws/connection/Connection"
 * import { PreparedMessage } from "@effect-ws/connection/Message"
 *
 * const broadcast = (connections: ReadonlyArray<Connection>, text: string) => {
 *   const message = new PreparedMessage(text)
 *   return connections.filter((connection) => connection.trySend(message) === "full") // the slow ones
 * }
 *
 * @since 0.1.0
 * @category models
 */
export class PreparedMessage {
  private encoded: Uint8Array | undefined = undefined
  /** A deflater that nobody else holds any more is forgotten, and what it made. */
  private deflations: WeakMap<SharedDeflater, Deflation> | undefined = undefined

  /** `false` if it must not be compressed. Default: as any other message. */
  readonly compression: false | undefined

  constructor(readonly message: Content | TextBytes, options: { readonly compression?: false | undefined } = {}) {
    this.compression = options.compression
  }

  get kind(): Kind {
    return typeof this.message === "string" || this.message instanceof TextBytes ? "text" : "binary"
  }

  /** The payload, which `encode` makes of text. */
  payload(encode: (text: string) => Uint8Array): Uint8Array {
    const { message } = this
    if (message instanceof TextBytes) return message.bytes
    return this.encoded ??= typeof message === "string" ? encode(message) : message
  }

  /** `payload` as the deflater has it, which is asked once. What is answered is nobody's to change. */
  deflated(deflater: SharedDeflater, payload: Uint8Array): Answer<Uint8Array> {
    const deflations = this.deflations ??= new WeakMap()
    const known = deflations.get(deflater)
    if (known !== undefined) return known.answer
    const deflation = new Deflation(deflater.deflate(payload), () => deflations.delete(deflater))
    deflations.set(deflater, deflation)
    return deflation.answer
  }
}

/**
 * What can be sent.
 *
 * @since 0.1.0
 * @category models
 */
export type Outgoing = Content | TextBytes | PreparedMessage

/**
 * @since 0.1.0
 * @category models
 */
export type Kind = "text" | "binary"

/**
 * A piece of a message that is read as it arrives. Text is cut between code points.
 *
 * @since 0.1.0
 * @category models
 */
export type Fragment =
  | { readonly _tag: "Begin"; readonly kind: Kind }
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Binary"; readonly octets: Octets }
  | { readonly _tag: "End" }

/**
 * What a message counts besides its content, in bytes, so that a flood of empty messages cannot outgrow a budget.
 *
 * @since 0.1.0
 * @category budgets
 */
export const overhead = 64

/**
 * The {@link overhead} of a binary message, in bytes: V8 spends some 270 on the smallest `Uint8Array`.
 *
 * @since 0.1.0
 * @category budgets
 */
export const octetsOverhead = 256

/**
 * What a received message counts until it is taken, in bytes.
 *
 * @since 0.1.0
 * @category budgets
 */
export const weigh = (message: AnyMessage): number =>
  typeof message === "string"
    ? overhead + message.length
    : octetsOverhead + (message instanceof TextBytes ? message.bytes : message).byteLength

/**
 * {@link weigh} for a piece of a message.
 *
 * @since 0.1.0
 * @category budgets
 */
export const weighFragment = (fragment: Fragment): number => {
  switch (fragment._tag) {
    case "Text":
      return overhead + fragment.text.length
    case "Binary":
      return octetsOverhead + fragment.octets.byteLength
    case "Begin":
    case "End":
      return overhead
  }
}
