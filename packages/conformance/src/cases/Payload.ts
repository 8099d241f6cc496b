/**
 * The octets that a case sends and expects, as data: a base and a length, the base repeated and cut. In: text, hexadecimal
 * digits, octets. Out: the octets, or the short form in which reports show them.
 *
 * It does not know frames or messages.
 *
 * @since 0.1.0
 */
import { shownOf, showPayload } from "@effect-ws/codec/report/ConnectionRecord"
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

/**
 * As reports show a payload.
 *
 * @since 0.1.0
 * @category rendering
 */
export const show = ({ base, length }: Payload): string =>
  showPayload(octets({ base, length: shownOf(length) }), length)
