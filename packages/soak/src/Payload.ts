/**
 * What honest peers say: a stretch of one long text or of long octets, so that what comes back can be compared without having
 * been kept. In: a place and a size. Out: a message; and whether another is the same.
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { Content, Kind } from "@effect-ws/connection/Message"

export interface Sample {
  readonly kind: Kind
  readonly from: number
  /** Code units of text, octets otherwise. */
  readonly size: number
}

const MiB = 1024 * 1024

/** A message of any place may be so long. */
export const largest = 4 * MiB

const period = 5 * MiB

/** Reproducible: what a peer says depends on its seed alone. */
const numbers = (seed: number): () => number => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 8
  }
}

const vocabulary = [
  "the ",
  "of ",
  "socket ",
  "straße ",
  "naïve ",
  "€ ",
  "日本 ",
  "𝄞 ",
  "{\"id\":",
  "null,",
  "\r\n",
  "a"
]

/** Text that deflates well, and has characters of one to four octets. */
const text: string = (() => {
  const next = numbers(1)
  const parts: Array<string> = []
  let size = 0
  while (size < period + largest) {
    const part = next() % 8 === 0 ? String(next()) : vocabulary[next() % vocabulary.length] ?? ""
    parts.push(part)
    size += part.length
  }
  // Through octets, so that the string is flat.
  return Buffer.from(parts.join("")).toString()
})()

/** Octets of which every other 64 KiB deflate well, and the others not at all. */
const octets: Buffer = (() => {
  const next = numbers(2)
  const all = Buffer.alloc(period + largest)
  for (let i = 0; i < all.length; i++) all[i] = (i >> 16) % 2 === 0 ? next() : i % 251
  return all
})()

const isLowSurrogate = (index: number): boolean => (text.charCodeAt(index) & 0xfc00) === 0xdc00

/** Of about this size: text is not cut amid a character. */
export const make = (kind: Kind, at: number, size: number): Sample =>
  kind === "text" && isLowSurrogate(at % period)
    ? piece(kind, at % period + 1, size)
    : piece(kind, at % period, size)

const piece = (kind: Kind, from: number, size: number): Sample => ({
  kind,
  from,
  size: kind === "text" && isLowSurrogate(from + size) ? size + 1 : size
})

export const textOf = ({ from, size }: Sample): string => text.slice(from, from + size)

export const octetsOf = ({ from, size }: Sample): Buffer => octets.subarray(from, from + size)

export const message = (sample: Sample): string | Buffer => sample.kind === "text" ? textOf(sample) : octetsOf(sample)

export const matches = (sample: Sample, message: Content): boolean => {
  if (typeof message === "string") {
    return sample.kind === "text" && message.length === sample.size && text.startsWith(message, sample.from)
  }
  return sample.kind === "binary" && message.length === sample.size && octetsOf(sample).equals(message)
}

/** As `ws` gives text. */
export const matchesText = (sample: Sample, octets: Buffer): boolean =>
  sample.kind === "text" && Buffer.from(textOf(sample)).equals(octets)

/** A sample in pieces of at most `size`, none of which is cut amid a character. */
export const pieces = (sample: Sample, size: number): ReadonlyArray<Sample> => {
  const all: Array<Sample> = []
  for (let from = sample.from; from < sample.from + sample.size;) {
    const next = piece(sample.kind, from, Math.min(size, sample.from + sample.size - from))
    all.push(next)
    from += next.size
  }
  return all
}

export const endlessPiece = (position: number, size: number): Buffer => {
  const from = position % period
  return octets.subarray(from, from + Math.min(size, period - from))
}

/** Whether these octets are what stands at this position. */
export const isEndless = (position: number, piece: Uint8Array): boolean => {
  for (let done = 0; done < piece.length;) {
    const expected = endlessPiece(position + done, Math.min(piece.length - done, largest))
    if (!expected.equals(piece.subarray(done, done + expected.length))) return false
    done += expected.length
  }
  return true
}

/** A client's frame, with a mask of zeros. `fields` may lie. */
export const frame = (
  opcode: number,
  payload: string | Uint8Array = "",
  fields: Partial<Frame.Header> = {}
): Uint8Array => {
  const octets = typeof payload === "string" ? Buffer.from(payload) : payload
  return Frame.encode({ header: Frame.header(opcode, octets.length, { mask: 0, ...fields }), payload: octets })
}
