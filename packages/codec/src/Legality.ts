/**
 * Whether a frame header is legal at its place (RFC 6455 §5.1, §5.2, §5.4, §5.5). In: a header and what came before it. Out: the name of
 * the rule that it breaks, or `undefined`.
 *
 * It judges headers alone, so that a breach is found before the payload arrives. `Utf8` and `CloseStatus` judge payloads; `Frame` knows
 * the layout.
 *
 * @since 0.1.0
 */
import * as Frame from "./Frame.js"
import type { RuleName } from "./Violation.js"

/**
 * What a header is judged against.
 *
 * @since 0.1.0
 * @category models
 */
export interface Context {
  /** The role of the receiving endpoint: a server demands masking, a client forbids it. */
  readonly receiver: "client" | "server"
  /** Whether permessage-deflate was negotiated, which owns RSV1 on the first frame of a message (RFC 7692 §6). */
  readonly compression: boolean
  /** Whether a message is incomplete: its first fragment has arrived and its last has not. */
  readonly fragmented: boolean
}

const topBit = 2 ** 63

/**
 * Judges a whole header.
 *
 * @example
 * import * as Frame from "@effect-ws/codec/Frame"
 * import * as Legality from "@effect-ws/codec/Legality"
 *
 * const context: Legality.Context = { receiver: "client", compression: false, fragmented: false }
 * Legality.judge(Frame.header(Frame.opcode.continuation, 0), context) // "UnexpectedContinuation"
 *
 * @since 0.1.0
 * @category judging
 */
export const judge = (header: Frame.Header, context: Context): RuleName | undefined => {
  const breach = judgePrefix(header, context)
  if (breach !== undefined) return breach
  if (header.length >= topBit) return "LengthTopBit"
  return header.lengthBits === Frame.lengthBits(header.length) ? undefined : "LengthNotMinimal"
}

/**
 * Judges the first two bytes: all but a long length. An illegal header is found before the rest of it arrives.
 *
 * @since 0.1.0
 * @category judging
 */
export const judgePrefix = (header: Frame.Header, context: Context): RuleName | undefined => {
  const kind = header.opcode
  const control = Frame.isControl(kind)
  if (header.rsv !== 0 && !ownsRsv1(header, context)) return "ReservedBits"
  if (kind > 0xa || (kind > 0x2 && kind < 0x8)) return "ReservedOpcode"
  if (header.mask === undefined) {
    if (context.receiver === "server") return "UnmaskedFrame"
  } else if (context.receiver === "client") return "MaskedFrame"
  if (control) {
    if (!header.fin) return "FragmentedControl"
    // A longer form of a short length too: the first two bytes cannot tell, and how a header is cut must not matter.
    return header.length > Frame.maxControlPayload || header.lengthBits !== 7 ? "ControlTooLong" : undefined
  }
  if (kind === Frame.opcode.continuation) return context.fragmented ? undefined : "UnexpectedContinuation"
  return context.fragmented ? "ExpectedContinuation" : undefined
}

const ownsRsv1 = (header: Frame.Header, context: Context): boolean =>
  context.compression && header.rsv === Frame.rsv1 &&
  (header.opcode === Frame.opcode.text || header.opcode === Frame.opcode.binary)
