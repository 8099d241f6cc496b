/**
 * UTF-8 (RFC 3629) that arrives in pieces. In: a state and bytes. Out: the state after them, {@link rejected} from the first byte that
 * cannot continue a legal sequence (overlong forms, surrogates and code points above U+10FFFF are illegal).
 *
 * {@link advance} steps byte by byte and is the oracle; {@link advanceRun} gives whole runs to the host's validator, and steps only
 * through the at most three bytes at either seam. It does not know messages or frames.
 *
 * @since 0.1.0
 */

/**
 * Judges whole ranges: one of a host's `Primitives`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Validator {
  /** Whether the range is whole, legal UTF-8. */
  readonly isUtf8: (octets: Uint8Array, start: number, end: number) => boolean
}

/**
 * How far into a sequence the bytes so far have come: {@link complete}, {@link rejected}, or in between. It is a number, so that keeping
 * it costs nothing.
 *
 * @since 0.1.0
 * @category models
 */
export type State = number

/**
 * The end of a code point: text may end here.
 *
 * @since 0.1.0
 * @category states
 */
export const complete: State = 0

/**
 * Illegal, whatever follows.
 *
 * @since 0.1.0
 * @category states
 */
export const rejected: State = 1

// How many continuation bytes are missing, and which range the next one must keep to (RFC 3629 §4).
const oneMore: State = 2 // 80..BF
const twoMore: State = 3 // 80..BF, then oneMore
const threeMore: State = 4 // 80..BF, then twoMore
const afterE0: State = 5 // A0..BF: not overlong
const afterED: State = 6 // 80..9F: no surrogate
const afterF0: State = 7 // 90..BF: not overlong
const afterF4: State = 8 // 80..8F: at most U+10FFFF

/**
 * Steps through `octets` from `start` to `end`.
 *
 * @example
 * import * as Utf8 from "@effect-ws/codec/Utf8"
 *
 * const split = Utf8.advance(Utf8.complete, Uint8Array.of(0xe2, 0x82), 0, 2)
 * Utf8.advance(split, Uint8Array.of(0xac), 0, 1) === Utf8.complete // "€"
 *
 * @since 0.1.0
 * @category validation
 */
export const advance = (state: State, octets: Uint8Array, start: number, end: number): State => {
  let current = state
  for (let i = start; i < end && current !== rejected; i++) {
    const octet = octets[i] ?? 0
    current = current === complete ? lead(octet) : continuation(current, octet)
  }
  return current
}

/**
 * Does what {@link advance} does with the host's validator: byte by byte to the end of the current sequence, one call for all whole
 * sequences after it, and byte by byte through an unfinished one at the end.
 *
 * @since 0.1.0
 * @category validation
 */
export const advanceRun = (
  validator: Validator,
  state: State,
  octets: Uint8Array,
  start: number,
  end: number
): State => {
  let current = state
  let from = start
  while (from < end && current !== complete) {
    current = advance(current, octets, from, from + 1)
    if (current === rejected) return rejected
    from++
  }
  if (from === end) return current
  const to = boundary(octets, from, end)
  return validator.isUtf8(octets, from, to) ? advance(complete, octets, to, end) : rejected
}

/**
 * Where an unfinished last sequence begins; `end` if there is none. Everything before is whole.
 *
 * @since 0.1.0
 * @category validation
 */
export const boundary = (octets: Uint8Array, start: number, end: number): number => {
  for (let i = end - 1; i >= start && i >= end - 3; i--) {
    const octet = octets[i] ?? 0
    if (octet < 0x80) return end
    if (octet >= 0xc0) return i + (octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2) > end ? i : end
  }
  return end
}

const lead = (octet: number): State => {
  if (octet < 0x80) return complete
  if (octet < 0xc2) return rejected
  if (octet < 0xe0) return oneMore
  if (octet < 0xf0) return octet === 0xe0 ? afterE0 : octet === 0xed ? afterED : twoMore
  if (octet > 0xf4) return rejected
  return octet === 0xf0 ? afterF0 : octet === 0xf4 ? afterF4 : threeMore
}

const continuation = (state: State, octet: number): State => {
  const low = state === afterE0 ? 0xa0 : state === afterF0 ? 0x90 : 0x80
  const high = state === afterED ? 0x9f : state === afterF4 ? 0x8f : 0xbf
  if (octet < low || octet > high) return rejected
  switch (state) {
    case oneMore:
      return complete
    case twoMore:
    case afterE0:
    case afterED:
      return oneMore
    default:
      return twoMore
  }
}
