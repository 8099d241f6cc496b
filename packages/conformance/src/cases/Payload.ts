/**
 * The octets that a case sends and expects, as data: a base and a length, the base repeated and cut. In: text, hexadecimal
 * digits, octets. Out: the octets, or the short form in which reports show them.
 *
 * It does not know frames or messages.
 *
 * @since 0.1.0
 */
import * as Buffer from "node:buffer"

/**
 * `base` repeated and cut to `length` octets.
 *
 * @since 0.1.0
 * @category models
 */
export interface Payload {
  readonly base: Uint8Array
  readonly length: number
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const of = (base: Uint8Array): Payload => ({ base, length: base.length })

/**
 * @since 0.1.0
 * @category constructors
 */
export const text = (value: string): Payload => of(Buffer.Buffer.from(value, "utf8"))

/**
 * @since 0.1.0
 * @category constructors
 */
export const hex = (digits: string): Payload => of(Buffer.Buffer.from(digits, "hex"))

/**
 * @since 0.1.0
 * @category constructors
 */
export const repeat = (base: Payload, length: number): Payload => ({ base: base.base, length })

/**
 * @since 0.1.0
 * @category constructors
 */
export const empty: Payload = of(new Uint8Array(0))

/**
 * One after the other.
 *
 * @since 0.1.0
 * @category constructors
 */
export const concat = (payloads: ReadonlyArray<Payload>): Payload => of(Buffer.Buffer.concat(payloads.map(octets)))

/**
 * The octets, whole. Not to be written to: without a repetition they are the base itself.
 *
 * @since 0.1.0
 * @category octets
 */
export const octets = (payload: Payload): Uint8Array =>
  payload.base.length === payload.length ? payload.base : Buffer.Buffer.alloc(payload.length, payload.base)

/**
 * @since 0.1.0
 * @category octets
 */
export const equals = (left: Payload, right: Payload): boolean =>
  left.length === right.length && Buffer.Buffer.from(octets(left)).equals(octets(right))

/** More than this many octets are shortened in a report. */
const shownWhole = 60
/** And then so many of them are shown. */
const shownPrefix = 64

/**
 * As reports show a payload: text if it is UTF-8, otherwise digits; long ones cut.
 *
 * @since 0.1.0
 * @category rendering
 */
export const show = (payload: Payload): string => {
  const [shown, more] = payload.length > shownWhole
    ? [octets({ base: payload.base, length: Math.min(payload.length, shownPrefix) }), " ..."]
    : [octets(payload), ""]
  return (Buffer.isUtf8(shown) ? view(shown).toString("utf8") : `0x${view(shown).toString("hex")}`) + more
}

/**
 * As the wire log shows octets: digits; long runs cut.
 *
 * @since 0.1.0
 * @category rendering
 */
export const showOctets = (run: Uint8Array): string =>
  run.length > shownWhole
    ? `${view(run.subarray(0, shownPrefix)).toString("hex")} ...`
    : view(run).toString("hex")

const view = (run: Uint8Array): Buffer.Buffer => Buffer.Buffer.from(run.buffer, run.byteOffset, run.byteLength)
