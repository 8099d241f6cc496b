/**
 * The transformation of permessage-deflate (RFC 7692 §7.2), on node:zlib. In: the context, the octets of a message. Out: the
 * other octets, and the context behind them.
 *
 * A context is a value: the last octets of what went before, as far as the window reaches. A message is compressed with them
 * as the dictionary, which gives the stream that a live compressor would give: equal inputs have equal outputs. It knows no
 * frames and does not negotiate.
 *
 * @since 0.1.0
 */
import * as zlib from "node:zlib"

/**
 * The octets that a back reference may still reach.
 *
 * @since 0.1.0
 * @category models
 */
export type Context = Buffer

/**
 * What one direction was negotiated to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Direction {
  readonly takeover: boolean
  /** 8 to 15. */
  readonly windowBits: number
}

/**
 * @since 0.1.0
 * @category contexts
 */
export const start: Context = Buffer.alloc(0)

/**
 * The context behind a message of these octets.
 *
 * @since 0.1.0
 * @category contexts
 */
export const after = (context: Context, direction: Direction, message: Uint8Array): Context => {
  if (!direction.takeover) return start
  const window = 2 ** direction.windowBits
  const octets = Buffer.from(message.buffer, message.byteOffset, message.length)
  if (octets.length >= window) return octets.subarray(octets.length - window)
  const both = Buffer.concat([context, octets])
  return both.subarray(Math.max(0, both.length - window))
}

const tail = Buffer.of(0x00, 0x00, 0xff, 0xff)

/** zlib has no window of 8 bits for raw streams; one of 9 is read by everybody who reads 8, as long as nothing refers so far. */
const bits = (windowBits: number): number => Math.max(9, windowBits)

/**
 * The octets of a compressed message, without the tail that RFC 7692 §7.2.1 has a sender remove.
 *
 * @since 0.1.0
 * @category transforming
 */
export const deflate = (context: Context, direction: Direction, message: Uint8Array): Buffer => {
  const out = zlib.deflateRawSync(message, {
    windowBits: bits(direction.windowBits),
    memLevel: 8,
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    ...(context.length > 0 ? { dictionary: context } : {})
  })
  return out.subarray(0, out.length - tail.length)
}

/** No echo is larger than this. */
const maxOutput = 64 * 1024 * 1024

/**
 * The message that was compressed, or `undefined` when the octets are no DEFLATE stream (or reach beyond the window).
 *
 * @since 0.1.0
 * @category transforming
 */
export const inflate = (context: Context, direction: Direction, compressed: Uint8Array): Buffer | undefined => {
  try {
    return zlib.inflateRawSync(Buffer.concat([compressed, tail]), {
      windowBits: bits(direction.windowBits),
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      // zlib finds a reference beyond the window only across its pieces of output: so no piece is larger than the window.
      chunkSize: direction.windowBits < 15
        ? 2 ** direction.windowBits
        : Math.min(131072, Math.max(1024, compressed.length * 4)),
      maxOutputLength: maxOutput,
      ...(context.length > 0 ? { dictionary: context } : {})
    })
  } catch {
    return undefined
  }
}
