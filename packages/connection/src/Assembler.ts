/**
 * The octets of one message, fragment by fragment (RFC 6455 §5.4) -> the message. In: what was assembled so far, and a run
 * of payload. Out: the assembly behind it, or the rule that is broken: the limit, or UTF-8, at the first bad octet.
 *
 * A run that fills at least half of its read is kept as a view; any other is copied into memory that grows in proportion,
 * so that a small piece never pins a large read. It does not know frames, Close codes or inflating.
 *
 * @since 0.1.0
 */
import type { Primitives } from "@effect-ws/codec/Primitives"
import * as Utf8 from "@effect-ws/codec/Utf8"
import type { RuleName } from "@effect-ws/codec/Violation"
import * as Limits from "./Limits.js"
import type { Kind, Message } from "./Message.js"

/**
 * A message under way. A value: what was appended to one assembly does not show in another that shares its memory.
 *
 * @since 0.1.0
 * @category models
 */
export interface Assembly {
  readonly kind: Kind
  readonly compressed: boolean
  /** Octets so far, after inflating. */
  readonly size: number
  /** What its fragments count for, as they came over the wire. */
  readonly charge: number
  readonly utf8: Utf8.State
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
  readonly octets: Uint8Array
  used: number
}

/** A view weighs a few hundred octets itself: of a message that drips in, small pieces are copied. */
const smallestView = 4 * 1024
const smallestTail = 128
const largestTail = 64 * 1024
const noTail: Tail = { octets: new Uint8Array(0), used: 0 }

/**
 * Before the first octet.
 *
 * @since 0.1.0
 * @category assembling
 */
export const begin = (kind: Kind, compressed: boolean): Assembly => ({
  kind,
  compressed,
  size: 0,
  charge: 0,
  utf8: Utf8.complete,
  chunks: undefined,
  tail: noTail,
  tailSize: 0
})

/**
 * Takes a fragment's length into account, before its payload: nothing is allocated for it.
 *
 * @since 0.1.0
 * @category assembling
 */
export const admit = (assembly: Assembly, length: number, maxMessageSize: number): Assembly | RuleName => {
  const charge = assembly.charge + length + Limits.fragmentOverhead
  if (charge > maxMessageSize + Limits.fragmentAllowance) return "MessageTooBig"
  if (!assembly.compressed && assembly.size + length > maxMessageSize) return "MessageTooBig"
  return { ...assembly, charge }
}

/**
 * Appends the octets from `from` to `to`. They may be kept: nobody may change them any more.
 *
 * @since 0.1.0
 * @category assembling
 */
export const append = (
  primitives: Primitives,
  assembly: Assembly,
  octets: Uint8Array,
  from: number,
  to: number
): Assembly | RuleName => {
  const length = to - from
  if (length === 0) return assembly
  const utf8 = assembly.kind === "text" ? Utf8.advanceRun(primitives, assembly.utf8, octets, from, to) : Utf8.complete
  if (utf8 === Utf8.rejected) return "InvalidUtf8"
  const size = assembly.size + length
  return length * 2 >= octets.buffer.byteLength && length >= smallestView
    ? { ...assembly, ...noGrowth, size, utf8, chunks: { octets: view(octets, from, to), before: settled(assembly) } }
    : { ...assembly, ...grow(primitives, assembly, octets, from, to), size, utf8 }
}

/**
 * The whole message, or the rule that says it is not whole.
 *
 * @since 0.1.0
 * @category assembling
 */
export const finish = (primitives: Primitives, assembly: Assembly): Message | RuleFailure => {
  if (assembly.utf8 !== Utf8.complete) return invalidUtf8
  const octets = join(primitives, assembly)
  return assembly.kind === "text" ? primitives.decodeUtf8(octets, 0, octets.length) : octets
}

/**
 * A message that came in one piece: {@link begin}, {@link append} and {@link finish} without the memory between them.
 *
 * @since 0.1.0
 * @category assembling
 */
export const whole = (
  primitives: Primitives,
  kind: Kind,
  octets: Uint8Array,
  from: number,
  to: number
): Message | RuleFailure => {
  if (kind === "text") {
    return primitives.isUtf8(octets, from, to) ? primitives.decodeUtf8(octets, from, to) : invalidUtf8
  }
  return keep(primitives, octets, from, to)
}

/**
 * Octets that may be kept for long: a view if they fill at least half of their read, else a copy.
 *
 * @since 0.1.0
 * @category assembling
 */
export const keep = (primitives: Primitives, octets: Uint8Array, from: number, to: number): Uint8Array =>
  (to - from) * 2 >= octets.buffer.byteLength ? view(octets, from, to) : copy(primitives, octets, from, to)

/**
 * What stands in the place of a message that breaks a rule.
 *
 * @since 0.1.0
 * @category models
 */
export interface RuleFailure {
  readonly rule: RuleName
}

const invalidUtf8: RuleFailure = { rule: "InvalidUtf8" }

/** A view that is a plain `Uint8Array`, whatever class (`Buffer`) the host reads into. */
const view = (octets: Uint8Array, from: number, to: number): Uint8Array =>
  new Uint8Array(octets.buffer, octets.byteOffset + from, to - from)

const copy = (primitives: Primitives, octets: Uint8Array, from: number, to: number): Uint8Array => {
  const memory = primitives.allocate(to - from)
  memory.set(octets.subarray(from, to))
  return memory
}

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

const join = (primitives: Primitives, assembly: Assembly): Uint8Array => {
  const last = settled(assembly)
  if (last === undefined) return new Uint8Array(0)
  if (last.before === undefined && last.octets.length * 2 >= last.octets.buffer.byteLength) return last.octets
  const memory = primitives.allocate(assembly.size)
  let end = assembly.size
  for (let chunk: Chunks | undefined = last; chunk !== undefined; chunk = chunk.before) {
    end -= chunk.octets.length
    memory.set(chunk.octets, end)
  }
  return memory
}
