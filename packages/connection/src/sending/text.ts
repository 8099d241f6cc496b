/** Text as bytes (RFC 6455 §5.6): in memory of its own, or lent, for a caller that keeps nothing of it. */
import type { Primitives } from "@effect-ws/codec/Primitives"
import type { Framing } from "./FrameWriter.js"

export const encode = (primitives: Primitives, text: string): Uint8Array => {
  const size = primitives.utf8Length(text)
  const octets = primitives.allocate(size)
  primitives.encodeUtf8(text, octets, 0, size)
  return octets
}

/** A small text is encoded in memory that is used again with the next one. */
export const encodeLent = ({ primitives, slab }: Framing, text: string): Uint8Array => {
  const size = primitives.utf8Length(text)
  if (size > slab.largest) return encode(primitives, text)
  if (slab.lent.length === 0) slab.lent = primitives.allocate(slab.largest)
  primitives.encodeUtf8(text, slab.lent, 0, size)
  return slab.lent.subarray(0, size)
}
