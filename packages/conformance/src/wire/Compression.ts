/**
 * permessage-deflate as one connection of the examiner uses it: messages in, octets out, and back, with the context of each
 * direction. {@link make} serves any messages; {@link ofCorpus} serves the windows of a corpus, which come round, and so
 * compresses and compares what it has seen before instead of working it out again.
 *
 * Negotiated by `Extension`, computed by `Deflate`.
 *
 * @since 0.1.0
 */
import type { Corpus } from "../cases/Corpus.js"
import type { Agreed } from "../handshake/Extension.js"
import * as Deflate from "./Deflate.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Compression {
  readonly deflate: (message: Uint8Array) => Uint8Array
  /** `undefined` when the octets are no DEFLATE stream, or reach further back than was agreed. */
  readonly inflate: (compressed: Uint8Array) => Uint8Array | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ incoming, outgoing }: Agreed): Compression => {
  let before = Deflate.start
  let seen = Deflate.start
  return {
    deflate: (message) => {
      const out = Deflate.deflate(before, outgoing, message)
      before = Deflate.after(before, outgoing, message)
      return out
    },
    inflate: (compressed) => {
      const message = Deflate.inflate(seen, incoming, compressed)
      if (message !== undefined) seen = Deflate.after(seen, incoming, message)
      return message
    }
  }
}

/**
 * The same for message after message of `length` units from the start of a corpus, each sent when the one before it has come
 * back unchanged. That is what makes the contexts known: they are what stands before the window.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ofCorpus = (agreed: Agreed, corpus: Corpus, length: number): Compression => {
  const { incoming, outgoing } = agreed
  const period = corpus.size / gcd(corpus.size, length)
  const sent = new Map<string, Uint8Array>()
  const received = new Map<string, { readonly compressed: Uint8Array; readonly message: Uint8Array }>()
  let before = Deflate.start
  let seen = Deflate.start
  let out = 0
  let back = 0
  // Whether the peer has compressed every message so far: only then its context is what stands before the window.
  let all = true

  /** The same key, the same window and the same context. */
  const key = (index: number, direction: Deflate.Direction, context: Deflate.Context): string =>
    !direction.takeover || context.length === 2 ** direction.windowBits ? `${index % period}` : `first ${index}`

  return {
    deflate: (message) => {
      const name = key(out++, outgoing, before)
      const found = sent.get(name) ?? Deflate.deflate(before, outgoing, message)
      sent.set(name, found)
      before = Deflate.after(before, outgoing, message)
      return found
    },
    inflate: (compressed) => {
      const index = out - 1
      if (back++ !== index) all = false
      const name = all ? key(index, incoming, seen) : ""
      const found = received.get(name)
      const message = all && found !== undefined && Buffer.compare(found.compressed, compressed) === 0
        ? found.message
        : Deflate.inflate(seen, incoming, compressed)
      if (message === undefined) return undefined
      if (all && found === undefined) received.set(name, { compressed, message })
      seen = Deflate.after(seen, incoming, message)
      return message
    }
  }
}

const gcd = (left: number, right: number): number => right === 0 ? left : gcd(right, left % right)
