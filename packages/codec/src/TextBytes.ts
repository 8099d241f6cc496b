/**
 * Text as its bytes in UTF-8, neither decoded nor encoded: for relays, broadcast, and parsers that want bytes. In: bytes that are
 * UTF-8. Out: what `send` takes for a text, and the text itself for whoever asks.
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
 * A text message as its bytes. A connection opened with `incoming: "bytes"` gives text so: it was checked to be UTF-8 (RFC 6455
 * §8.1), and its memory is yours alone, as that of a binary message is. `send` and its like take one, and send a text message of
 * these bytes without encoding anything.
 *
 * Bytes of your own become one by {@link TextBytes.make}. What you then write into {@link TextBytes.bytes} is not checked again.
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

  /** Of bytes that are UTF-8; `undefined` if they are not. They are not copied. `utf8` is who checks and decodes. */
  static make(bytes: Octets, utf8: Utf8 = plain): TextBytes | undefined {
    return utf8.isUtf8(bytes, 0, bytes.length) ? new TextBytes(bytes, utf8) : undefined
  }

  /**
   * As {@link TextBytes.make}, without a check: for bytes that you know to be UTF-8, as what you encoded yourself. A peer that is
   * sent others fails the connection with 1007.
   */
  static unsafeMake(bytes: Octets, utf8: Utf8 = plain): TextBytes {
    return new TextBytes(bytes, utf8)
  }

  /** The text, decoded anew with each call. */
  toString(): string {
    return this.#utf8.decodeUtf8(this.bytes, 0, this.bytes.length)
  }
}
