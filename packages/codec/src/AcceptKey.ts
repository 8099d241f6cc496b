/**
 * `Sec-WebSocket-Key` and the `Sec-WebSocket-Accept` that answers it (RFC 6455 §1.3, §4.1, §4.2.2). In: 16 bytes, or a key. Out: a
 * key, or the value that proves that a server has read it.
 *
 * Random bytes are an argument, and so is the host's SHA-1, in its primitives. The answer proves that the server speaks WebSocket, and
 * nothing more; neither value is a secret.
 *
 * @since 0.1.0
 */
import * as Primitives from "./Primitives.js"

/**
 * The text that a server appends to the key (RFC 6455 §1.3).
 *
 * @since 0.1.0
 * @category constants
 */
export const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/**
 * How many bytes a key encodes.
 *
 * @since 0.1.0
 * @category constants
 */
export const keySize = 16

/**
 * Makes a key from {@link keySize} random bytes, which must be new for each attempt.
 *
 * @since 0.1.0
 * @category keys
 */
export const fromOctets = (octets: Uint8Array, primitives: Primitives.Primitives = Primitives.plain): string =>
  primitives.base64(octets)

/**
 * Whether a key is base64 of {@link keySize} bytes, which is all that RFC 6455 §4.2.1 asks. Only two bits of the last letter count: the
 * other four may have any value, as in the example of §4.1, which ends in E.
 *
 * @since 0.1.0
 * @category keys
 */
export const isKey = (key: string): boolean => /^[A-Za-z0-9+/]{22}==$/.test(key)

/**
 * The `Sec-WebSocket-Accept` for a key: base64 of the SHA-1 of the key's text and {@link guid}.
 *
 * @example
 * import * as AcceptKey from "@effect-ws/codec/AcceptKey"
 *
 * AcceptKey.accept("dGhlIHNhbXBsZSBub25jZQ==") // "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
 *
 * @since 0.1.0
 * @category keys
 */
export const accept = (key: string, primitives: Primitives.Primitives = Primitives.plain): string =>
  primitives.sha1Base64(key + guid)
