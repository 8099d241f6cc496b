/**
 * The layout of a frame (RFC 6455 §5.2): bytes <-> header fields. In: bytes, or the fields of a header. Out: the other.
 *
 * Layout only: it writes and reads any header. `Legality` judges headers, and `Decoder` splits frames.
 *
 * @since 0.1.0
 */
import * as Mask from "./Mask.js"

/**
 * The opcodes that RFC 6455 §5.2 defines.
 *
 * @since 0.1.0
 * @category constants
 */
export const opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa
} as const

/**
 * RSV1, the bit that permessage-deflate owns, as in {@link Header.rsv}.
 *
 * @since 0.1.0
 * @category constants
 */
export const rsv1 = 0b100

/**
 * The size of the longest header, in bytes: 2, a 64-bit length and a masking key.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxHeaderSize = 14

/**
 * The most bytes that a control frame may carry (RFC 6455 §5.5).
 *
 * @since 0.1.0
 * @category constants
 */
export const maxControlPayload = 125

/**
 * The fields of a frame header.
 *
 * @since 0.1.0
 * @category models
 */
export interface Header {
  readonly fin: boolean
  /** The three reserved bits as one number: RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number
  /** 0 to 15. */
  readonly opcode: number
  /** The masking key, in network order, as an unsigned 32-bit number; `undefined` for an unmasked frame. */
  readonly mask: number | undefined
  /** Payload length in bytes. Exact up to 2^53, then rounded down; every limit is smaller. */
  readonly length: number
  /** In how many bits the length was (or will be) written. */
  readonly lengthBits: LengthBits
}

/**
 * The three ways to write a length.
 *
 * @since 0.1.0
 * @category models
 */
export type LengthBits = 7 | 16 | 64

/**
 * A whole frame.
 *
 * @since 0.1.0
 * @category models
 */
export interface Frame {
  readonly header: Header
  /** The payload, unmasked. */
  readonly payload: Uint8Array
}

/**
 * The fewest bits that a length fits in, which RFC 6455 §5.2 demands.
 *
 * @since 0.1.0
 * @category layout
 */
export const lengthBits = (length: number): LengthBits => length < 126 ? 7 : length < 65536 ? 16 : 64

/**
 * The bits of a length that a header states, by its second byte: 7 bits of that byte, or 16 or 64 behind it (RFC 6455 §5.2).
 *
 * @since 0.1.0
 * @category layout
 */
export const statedBits = (second: number): LengthBits => {
  const short = second & 0x7f
  return short < 126 ? 7 : short === 126 ? 16 : 64
}

/**
 * The size of a header, in bytes.
 *
 * @since 0.1.0
 * @category layout
 */
export const headerSize = (bits: LengthBits, masked: boolean): number =>
  (bits === 7 ? 2 : bits === 16 ? 4 : 10) + (masked ? 4 : 0)

/**
 * Reads the header that begins at `start`; `undefined` if it is not complete before `end`.
 *
 * @example
 * import * as Frame from "@effect-ws/codec/Frame"
 *
 * const octets = Uint8Array.of(0x81, 0x02, 0x68, 0x69)
 * Frame.parseHeader(octets, 0, octets.length)
 * // { fin: true, rsv: 0, opcode: 1, mask: undefined, length: 2, lengthBits: 7 }
 *
 * @since 0.1.0
 * @category layout
 */
export const parseHeader = (octets: Uint8Array, start: number, end: number): Header | undefined => {
  if (end - start < 2) return undefined
  const first = at(octets, start)
  const second = at(octets, start + 1)
  const short = second & 0x7f
  const masked = second > 0x7f
  const bits = statedBits(second)
  const size = headerSize(bits, masked)
  if (end - start < size) return undefined
  return {
    fin: first > 0x7f,
    rsv: (first >> 4) & 0x7,
    opcode: first & 0xf,
    mask: masked ? uint32(octets, start + size - 4) : undefined,
    length: bits === 7 ? short : bits === 16 ? uint16(octets, start + 2) : uint64(octets, start + 2),
    lengthBits: bits
  }
}

/**
 * What the first two bytes of a header say: everything but a long length (here 126 or 127) and the masking key.
 *
 * @since 0.1.0
 * @category layout
 */
export const peekHeader = (first: number, second: number): Header => ({
  fin: first > 0x7f,
  rsv: (first >> 4) & 0x7,
  opcode: first & 0xf,
  mask: second > 0x7f ? 0 : undefined,
  length: second & 0x7f,
  lengthBits: 7
})

/**
 * Writes any header at `offset`, and returns where the payload begins. `target` must have room for {@link maxHeaderSize} bytes, or for
 * {@link headerSize}.
 *
 * @since 0.1.0
 * @category layout
 */
export const encodeHeader = (header: Header, target: Uint8Array, offset: number): number =>
  writeHeader(
    target,
    offset,
    (header.fin ? 0x80 : 0) | (header.rsv << 4) | header.opcode,
    header.length,
    header.lengthBits,
    header.mask
  )

/**
 * {@link encodeHeader} without a header object, for callers that write many: `first` is the first byte (FIN, RSV, opcode).
 *
 * @since 0.1.0
 * @category layout
 */
export const writeHeader = (
  target: Uint8Array,
  offset: number,
  first: number,
  length: number,
  bits: LengthBits,
  mask: number | undefined
): number => {
  const masked = mask === undefined ? 0 : 0x80
  let next = offset + 2
  target[offset] = first
  if (bits === 7) {
    target[offset + 1] = masked | length
  } else if (bits === 16) {
    target[offset + 1] = masked | 126
    target[offset + 2] = length >>> 8
    target[offset + 3] = length
    next = offset + 4
  } else {
    target[offset + 1] = masked | 127
    putUint32(target, offset + 2, Math.floor(length / 0x1_0000_0000))
    putUint32(target, offset + 6, length)
    next = offset + 10
  }
  if (mask === undefined) return next
  putUint32(target, next, mask)
  return next + 4
}

/**
 * The bytes of a whole frame, in new memory; masks the copy if the header has a key. The header's length is written as given, so that a
 * test can lie.
 *
 * @example
 * import * as Frame from "@effect-ws/codec/Frame"
 *
 * const payload = Uint8Array.of(0x68, 0x69)
 * Frame.encode({ header: Frame.header(Frame.opcode.text, payload.length), payload })
 * // Uint8Array.of(0x81, 0x02, 0x68, 0x69)
 *
 * @since 0.1.0
 * @category layout
 */
export const encode = (frame: Frame): Uint8Array => {
  const { header, payload } = frame
  const size = headerSize(header.lengthBits, header.mask !== undefined)
  const octets = new Uint8Array(size + payload.length)
  encodeHeader(header, octets, 0)
  octets.set(payload, size)
  if (header.mask !== undefined) Mask.mask(octets, size, octets.length, header.mask, 0)
  return octets
}

/**
 * The header of an ordinary, unfragmented frame of `length` bytes; `fields` changes anything else.
 *
 * @since 0.1.0
 * @category constructors
 */
export const header = (kind: number, length: number, fields: Partial<Header> = {}): Header => ({
  fin: true,
  rsv: 0,
  opcode: kind,
  mask: undefined,
  length,
  lengthBits: lengthBits(length),
  ...fields
})

/**
 * Control frames have the top bit of the opcode set (RFC 6455 §5.5).
 *
 * @since 0.1.0
 * @category layout
 */
export const isControl = (kind: number): boolean => kind > 0x7

const at = (octets: Uint8Array, index: number): number => octets[index] ?? 0

const uint16 = (octets: Uint8Array, index: number): number => (at(octets, index) << 8) | at(octets, index + 1)

const uint32 = (octets: Uint8Array, index: number): number =>
  ((uint16(octets, index) << 16) | uint16(octets, index + 2)) >>> 0

/** Rounds down beyond 2^53: rounding to the nearest would take the longest legal length for one with its top bit set. */
const uint64 = (octets: Uint8Array, index: number): number => {
  const high = uint32(octets, index)
  const low = uint32(octets, index + 4)
  return high * 0x1_0000_0000 + (high > 0x1f_ffff ? low - low % 2048 : low)
}

const putUint32 = (target: Uint8Array, offset: number, value: number): void => {
  target[offset] = value >>> 24
  target[offset + 1] = value >>> 16
  target[offset + 2] = value >>> 8
  target[offset + 3] = value
}
