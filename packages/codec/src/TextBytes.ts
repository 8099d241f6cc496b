/**
 * Text as its bytes in UTF-8, without decoding or encoding: for relays, broadcast, and parsers that want bytes. In: bytes that are UTF-8.
 * Out: a text message for `send`, and the text itself on demand.
 *
 * It does not know where the bytes came from.
 *
 * @since 0.1.0
 */
import * as plain from "./internal/utf8.js"
import type { Octets, Primitives } from "./Primitives.js"

/**
 * What checks and decodes UTF-8: one of a host's `Primitives`.
 *
 * @since 0.1.0
 * @category models
 */
export type Utf8 = Pick<Primitives, "isUtf8" | "decodeUtf8">

/**
 * A text message as its bytes. A connection opened with `incoming: "bytes"` gives text this way: it was checked to be UTF-8 (RFC 6455
 * §8.1), and its memory is yours alone, as that of a binary message is. `send` and the like take one, and send these bytes as a text
 * message without encoding.
 *
 * Make one of your own bytes with {@link TextBytes.make}. What you write into {@link TextBytes.bytes} afterward is not checked again.
 *
 * @example
 * import { TextBytes } from "@effect-ws/codec/TextBytes"
 *
 * const text = TextBytes.make(Uint8Array.of(0xc3, 0xa9))
 * text?.toString() // "é"
 *
 * // What arrives on a connection that was opened with `incoming: "bytes"`
 * const size = (message: TextBytes | Uint8Array) => message instanceof TextBytes ? message.bytes.length : message.length
 *
 * @since 0.1.0
 * @category models
 */
export class TextBytes {
  readonly #utf8: Utf8

  private constructor(
    /** UTF-8. */
    readonly bytes: Octets,
    utf8: Utf8
  ) {
    this.#utf8 = utf8
  }

  /** Makes one of bytes in UTF-8, without copying; `undefined` if they are not UTF-8. `utf8` checks and decodes. */
  static make(bytes: Octets, utf8: Utf8 = plain): TextBytes | undefined {
    return utf8.isUtf8(bytes, 0, bytes.length) ? new TextBytes(bytes, utf8) : undefined
  }

  /**
   * Makes one without a check, for bytes that you know to be UTF-8, because you encoded them yourself. If they are not, the peer fails
   * the connection with 1007.
   */
  static unsafeMake(bytes: Octets, utf8: Utf8 = plain): TextBytes {
    return new TextBytes(bytes, utf8)
  }

  /** Decodes the text, at each call. */
  toString(): string {
    return this.#utf8.decodeUtf8(this.bytes, 0, this.bytes.length)
  }
}
