/**
 * `Sec-WebSocket-Key` and the `Sec-WebSocket-Accept` that answers it (RFC 6455 §1.3, §4.1, §4.2.2). In: 16 octets, or a
 * key. Out: a key, or the value that proves a server has read it.
 *
 * It draws no random octets: they are an argument; and SHA-1 is the host's where a caller hands its primitives over. It proves that the server speaks WebSocket and nothing more; neither
 * value is a secret.
 *
 * @since 0.1.0
 */
import * as Primitives from "./Primitives.js"

/**
 * What RFC 6455 §1.3 has a server append to the key.
 *
 * @since 0.1.0
 * @category constants
 */
export const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/**
 * How many octets a key encodes.
 *
 * @since 0.1.0
 * @category constants
 */
export const keySize = 16

/**
 * The key of `octets`, which are {@link keySize} random ones, new for each attempt.
 *
 * @since 0.1.0
 * @category keys
 */
export const fromOctets = (octets: Uint8Array, primitives: Primitives.Primitives = Primitives.plain): string =>
  primitives.base64(octets)

/**
 * Whether a key is base64 of {@link keySize} octets, which is all that RFC 6455 §4.2.1 asks of it. Of the last letter
 * only two bits count: the other four may have any value, as in the example of §4.1, which ends in E.
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
