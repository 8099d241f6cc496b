/**
 * The bytes of one message, fragment by fragment (RFC 6455 §5.4) -> the message. In: what was assembled so far, and a run of payload.
 * Out: the assembly after it; its `breach` is the rule that is broken: the limit, or UTF-8, at the first bad byte.
 *
 * Its input is lent: it copies what it keeps once, into memory of the message alone. That memory has the exact size once enough of a
 * message of known length has arrived, and otherwise grows with what arrives: a length that is only declared costs nothing. It does not
 * know frames, Close codes or inflating.
 *
 * @since 0.1.0
 */
import type { Octets, Primitives } from "@effect-ws/codec/Primitives"
import { TextBytes } from "@effect-ws/codec/TextBytes"
import * as Utf8 from "@effect-ws/codec/Utf8"
import type { AnyMessage, Kind } from "../Message.js"
import * as Breach from "./Breach.js"
import { fragmentAllowance, fragmentOverhead } from "./charges.js"

/**
 * An incomplete message. It is a value: what is appended to one assembly does not show in another that shares its memory.
 *
 * @since 0.1.0
 * @category models
 */
export interface Assembly {
  readonly kind: Kind
  readonly compressed: boolean
  /** Bytes so far, after inflating. */
  readonly size: number
  /** What its fragments count, as they came over the wire. */
  readonly charge: number
  /** How many bytes it will have in all, once a header says so; 0 before, and if it is compressed. */
  readonly expected: number
  readonly utf8: Utf8.State
  /** The rule that it breaks, if any: then there will be no message. */
  readonly breach: Breach.Breach | undefined
  /** What is finished, newest first. */
  readonly chunks: Chunks | undefined
  /** What still grows. */
  readonly tail: Tail
  readonly tailSize: number
}

interface Chunks {
  readonly octets: Uint8Array
  readonly before: Chunks | undefined
}

/** Memory that several assemblies may share; the one whose `tailSize` is `used` may append in place, any other copies. */
interface Tail {
  readonly octets: Octets
  used: number
}

const smallestTail = 128
const largestTail = 64 * 1024
/** Memory for the whole message is allocated once a sixteenth of it has arrived. */
const trust = 16
const noTail: Tail = { octets: new Uint8Array(0), used: 0 }

/**
 * Before the first byte.
 *
 * @since 0.1.0
 * @category assembling
 */
export const begin = (kind: Kind, compressed: boolean): Assembly => ({
  kind,
  compressed,
  size: 0,
  charge: 0,
  expected: 0,
  utf8: Utf8.complete,
  breach: undefined,
  chunks: undefined,
  tail: noTail,
  tailSize: 0
})

/**
 * Counts a fragment's length before its payload arrives; nothing is allocated for it. `last` means that it ends the message.
 *
 * @since 0.1.0
 * @category assembling
 */
export const admit = (
  assembly: Assembly,
  length: number,
  last: boolean,
  maxMessageSize: number
): Assembly => {
  const charge = assembly.charge + length + fragmentOverhead
  // A limit that is no number admits nothing.
  const most = maxMessageSize + fragmentAllowance
  if (!(charge <= most)) return broken(assembly, Breach.tooBig({ _tag: "Fragmented", limit: most, length: charge }))
  if (assembly.compressed) return { ...assembly, charge }
  const size = assembly.size + length
  return size <= maxMessageSize
    ? { ...assembly, charge, expected: last ? size : 0 }
    : broken(assembly, Breach.tooBig({ _tag: "Declared", limit: maxMessageSize, length: size }))
}

/**
 * Appends the bytes from `from` to `to`, which are lent, or all of them if they are {@link isGiven given}.
 *
 * @since 0.1.0
 * @category assembling
 */
export const append = (
  primitives: Primitives,
  assembly: Assembly,
  octets: Uint8Array,
  from: number,
  to: number,
  given = false
): Assembly => {
  const length = to - from
  if (length === 0) return assembly
  const utf8 = assembly.kind === "text" ? Utf8.advanceRun(primitives, assembly.utf8, octets, from, to) : Utf8.complete
  if (utf8 === Utf8.rejected) return broken(assembly, Breach.invalidUtf8)
  const size = assembly.size + length
  return given
    ? { ...assembly, ...noGrowth, size, utf8, chunks: { octets, before: settled(assembly) } }
    : { ...assembly, ...grow(primitives, assembly, octets, from, to), size, utf8 }
}

/**
 * The message is complete: it must not end in the middle of a code point.
 *
 * @since 0.1.0
 * @category assembling
 */
export const finish = (assembly: Assembly): Assembly =>
  assembly.utf8 === Utf8.complete ? assembly : broken(assembly, Breach.invalidUtf8)

/**
 * The message of a finished assembly that breaks no rule. Text is decoded unless `textAsBytes`.
 *
 * @since 0.1.0
 * @category assembling
 */
export const message = (primitives: Primitives, assembly: Assembly, textAsBytes = false): AnyMessage => {
  const octets = join(primitives, assembly)
  if (assembly.kind === "binary") return octets
  return textAsBytes ? TextBytes.unsafeMake(octets, primitives) : primitives.decodeUtf8(octets, 0, octets.length)
}

/**
 * The rule that a message in one piece breaks. Together with {@link whole} it does what {@link begin}, {@link append}, {@link finish} and
 * {@link message} do, without memory in between.
 *
 * @since 0.1.0
 * @category assembling
 */
export const judge = (
  primitives: Primitives,
  kind: Kind,
  octets: Uint8Array,
  from: number,
  to: number
): Breach.Breach | undefined => kind === "text" && !primitives.isUtf8(octets, from, to) ? Breach.invalidUtf8 : undefined

/**
 * The message that came in one piece and breaks no rule (see {@link judge}). The piece is lent unless it is {@link isGiven given}.
 *
 * @since 0.1.0
 * @category assembling
 */
export const whole = (
  primitives: Primitives,
  kind: Kind,
  octets: Uint8Array,
  from: number,
  to: number,
  textAsBytes = false,
  given = false
): AnyMessage => {
  if (kind === "text" && !textAsBytes) return primitives.decodeUtf8(octets, from, to)
  const own = given && isGiven(octets) ? octets : copy(primitives, octets, from, to)
  return kind === "text" ? TextBytes.unsafeMake(own, primitives) : own
}

/**
 * Copies lent bytes into memory of their own, which they fill.
 *
 * @since 0.1.0
 * @category assembling
 */
export const copy = (primitives: Primitives, octets: Uint8Array, from: number, to: number): Octets => {
  const memory = primitives.allocate(to - from)
  memory.set(octets.subarray(from, to))
  return memory
}

/**
 * Whether bytes from an inflater now belong to the receiver: they do if they fill all of their memory. (What a transport reads into is
 * always lent.)
 *
 * @since 0.1.0
 * @category assembling
 */
export const isGiven = (octets: Uint8Array): octets is Octets =>
  octets.length > 0 && octets.length === octets.buffer.byteLength

const broken = (assembly: Assembly, breach: Breach.Breach): Assembly => ({ ...assembly, breach })

const noGrowth = { tail: noTail, tailSize: 0 }

/** All that was assembled, as finished chunks. */
const settled = ({ chunks, tail, tailSize }: Assembly): Chunks | undefined =>
  tailSize === 0 ? chunks : { octets: tail.octets.subarray(0, tailSize), before: chunks }

const grow = (
  primitives: Primitives,
  assembly: Assembly,
  octets: Uint8Array,
  from: number,
  to: number
): Pick<Assembly, "chunks" | "tail" | "tailSize"> => {
  const { chunks, tail, tailSize } = assembly
  const length = to - from
  const tailTo = tailSize + length
  if (tailTo <= tail.octets.length && tail.used === tailSize) {
    tail.octets.set(octets.subarray(from, to), tailSize)
    tail.used = tailTo
    return { chunks, tail, tailSize: tailTo }
  }
  if (assembly.expected > 0 && assembly.expected <= trust * (assembly.size + length)) {
    const all: Tail = { octets: primitives.allocate(assembly.expected), used: assembly.size + length }
    fill(all.octets, assembly)
    all.octets.set(octets.subarray(from, to), assembly.size)
    return { chunks: undefined, tail: all, tailSize: all.used }
  }
  const full = tailTo > largestTail
  const kept = full ? 0 : tailSize
  const capacity = Math.max(
    kept + length,
    full ? largestTail : Math.max(smallestTail, Math.min(largestTail, 2 * tailTo))
  )
  const next: Tail = { octets: primitives.allocate(capacity), used: kept + length }
  next.octets.set(tail.octets.subarray(0, kept))
  next.octets.set(octets.subarray(from, to), kept)
  return { chunks: full ? settled(assembly) : chunks, tail: next, tailSize: kept + length }
}

/** Its bytes, in memory that they fill. */
const join = (primitives: Primitives, assembly: Assembly): Octets => {
  const { chunks, size, tail, tailSize } = assembly
  if (chunks === undefined && tailSize > 0 && tail.octets.length === size) return tail.octets
  if (tailSize === 0 && chunks !== undefined && chunks.before === undefined && isGiven(chunks.octets)) {
    return chunks.octets
  }
  const memory = primitives.allocate(size)
  fill(memory, assembly)
  return memory
}

const fill = (memory: Uint8Array, assembly: Assembly): void => {
  let end = assembly.size
  for (let chunk = settled(assembly); chunk !== undefined; chunk = chunk.before) {
    end -= chunk.octets.length
    memory.set(chunk.octets, end)
  }
}
