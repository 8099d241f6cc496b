/**
 * The few operations on bytes for which a host may have a faster way than plain TypeScript: UTF-8, masking, memory, base64 and SHA-1.
 * {@link plain} needs no host, and is the oracle for every other set.
 *
 * It does not know frames or messages. `@effect-ws/platform-node` has a set on `node:buffer` and `node:crypto`.
 *
 * @since 0.1.0
 */
import { sha1 } from "@noble/hashes/legacy.js"
import { base64 } from "@scure/base"
import { fromLatin1 } from "./internal/latin1.js"
import { decodeUtf8, isUtf8 } from "./internal/utf8.js"
import * as Mask from "./Mask.js"
import type * as Utf8 from "./Utf8.js"

/**
 * Bytes in unshared memory: received messages are of this type, which fits `Blob`, `fetch` and the like. It is `Uint8Array<ArrayBuffer>`,
 * and plain `Uint8Array` for compilers before TypeScript 5.7, where that is not generic. What you give to us may be any `Uint8Array`.
 *
 * @since 0.1.0
 * @category models
 */
export type Octets = ReturnType<Uint8ArrayConstructor["of"]>

/**
 * What a host may supply. All positions and sizes are in bytes; ranges include `start` and exclude `end`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Primitives extends Utf8.Validator {
  /** Decodes a range that is known to be legal. */
  readonly decodeUtf8: (octets: Uint8Array, start: number, end: number) => string
  /** How many bytes {@link encodeUtf8} will write. */
  readonly utf8Length: (text: string) => number
  /**
   * Writes `text` at `offset`, lone surrogates as U+FFFD, and returns the number of bytes. There must be room. `size` is what
   * {@link utf8Length} returned for it, if it was asked: to ask for it again takes as long as to write.
   */
  readonly encodeUtf8: (text: string, target: Uint8Array, offset: number, size?: number) => number
  /** See `Mask.mask`. */
  readonly mask: (octets: Uint8Array, start: number, end: number, key: number, phase: number) => void
  /** Allocates memory, all of which the caller will overwrite: its content may be anything. */
  readonly allocate: (size: number) => Octets
  /** Base64 with padding (RFC 4648 §4). */
  readonly base64: (octets: Uint8Array) => string
  /** Base64 of the SHA-1 (FIPS 180-4) of an ASCII text. The opening handshake needs it, and it protects no secret. */
  readonly sha1Base64: (text: string) => string
}

/**
 * The code point at `i`, U+FFFD for a lone surrogate. Not `codePointAt`: V8's optimized code reads past the end of a text that was sliced
 * in the middle of a pair, and finds the other half there (seen on Node 20 and 24).
 */
const pointAt = (text: string, i: number): number => {
  const unit = text.charCodeAt(i)
  if (unit < 0xd800 || unit > 0xdfff) return unit
  const next = unit < 0xdc00 && i + 1 < text.length ? text.charCodeAt(i + 1) : 0
  return next >= 0xdc00 && next < 0xe000 ? 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00) : 0xfffd
}

const utf8Length = (text: string): number => {
  let size = 0
  for (let i = 0; i < text.length; i++) {
    const point = pointAt(text, i)
    size += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (point >= 0x10000) i++
  }
  return size
}

const encodeUtf8 = (text: string, target: Uint8Array, offset: number): number => {
  let next = offset
  for (let i = 0; i < text.length; i++) {
    const point = pointAt(text, i)
    if (point >= 0x10000) i++
    if (point < 0x80) {
      target[next++] = point
      continue
    }
    const size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    target[next] = (0xf00 >> size) & 0xff | (point >> (6 * (size - 1)))
    for (let j = 1; j < size; j++) target[next + j] = 0x80 | ((point >> (6 * (size - 1 - j))) & 0x3f)
    next += size
  }
  return next - offset
}

const allocate = (size: number): Octets => new Uint8Array(size)

const toBase64 = (octets: Uint8Array): string => base64.encode(octets)

// Nothing of these is spread or read from an object here: bundlers would take that for an effect, and keep all of it.

/**
 * UTF-8 in plain TypeScript: this part of {@link plain} alone, for smaller bundles.
 *
 * @since 0.1.0
 * @category instances
 */
export const utf8: Pick<Primitives, "isUtf8" | "decodeUtf8" | "utf8Length" | "encodeUtf8"> = {
  isUtf8,
  decodeUtf8,
  utf8Length,
  encodeUtf8
}

/**
 * {@link plain} without SHA-1, for smaller bundles.
 *
 * @since 0.1.0
 * @category instances
 */
export const withoutSha1: Omit<Primitives, "sha1Base64"> = {
  isUtf8,
  decodeUtf8,
  utf8Length,
  encodeUtf8,
  mask: Mask.mask,
  allocate,
  base64: toBase64
}

/**
 * Plain TypeScript, for any host.
 *
 * @since 0.1.0
 * @category instances
 */
export const plain: Primitives = {
  // Written out: what is spread a bundler keeps, and SHA-1 with it.
  isUtf8,
  decodeUtf8,
  utf8Length,
  encodeUtf8,
  mask: Mask.mask,
  allocate,
  base64: toBase64,
  sha1Base64: (text) => toBase64(sha1(fromLatin1(text)))
}
