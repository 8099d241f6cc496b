/** The pieces of a message -> the message. */
import type { Content, Kind } from "../Message.js"

/** Untyped callers may mix the kinds: that is a fault of theirs, and a defect. */
export const gather = (kind: Kind, pieces: ReadonlyArray<Content>): Content => {
  if (kind === "text") return pieces.map(text).join("")
  const parts = pieces.map(octets)
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let next = 0
  for (const part of parts) {
    whole.set(part, next)
    next += part.length
  }
  return whole
}

const text = (piece: Content): string =>
  typeof piece === "string" ? piece : mixed("the pieces of a text must be strings")

const octets = (piece: Content): Uint8Array =>
  typeof piece === "string" ? mixed("the pieces of a binary message must be Uint8Arrays") : piece

const mixed = (why: string): never => {
  throw new TypeError(`cannot send this Stream as a message: ${why}`)
}
