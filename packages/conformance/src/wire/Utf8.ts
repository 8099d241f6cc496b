/**
 * UTF-8 as it comes in, piece by piece: wrong as soon as no continuation could make it right. In: octets of one text. Out: whether
 * they may still become a text, and whether they are one.
 *
 * The examiner's own, so that it does not judge codec's validator by itself. It leans on Node's for whole characters.
 *
 * @since 0.1.0
 */
import { isUtf8 } from "node:buffer"

/**
 * @since 0.1.0
 * @category validating
 */
export class Utf8 {
  /** The octets of a character that is not whole. */
  private begun: Uint8Array = new Uint8Array(0)
  private wrong = false

  /** `false` when the text is wrong, and for all that comes behind. */
  push(octets: Uint8Array): boolean {
    if (this.wrong || octets.length === 0) return !this.wrong || octets.length === 0
    const run = this.begun.length === 0 ? octets : Buffer.concat([this.begun, octets])
    const whole = run.length - unfinished(run)
    this.begun = Uint8Array.from(run.subarray(whole))
    this.wrong = !isUtf8(run.subarray(0, whole))
    return !this.wrong
  }

  /** Whether the text is right, and does not end inside a character. */
  isWhole(): boolean {
    return !this.wrong && this.begun.length === 0
  }
}

/** How many octets at the end are the beginning of a character. */
const unfinished = (run: Uint8Array): number => {
  for (let size = 1; size <= Math.min(3, run.length); size++) {
    const lead = run[run.length - size] ?? 0
    if ((lead & 0xc0) === 0x80) continue
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
    return length > size && canBegin(run.subarray(run.length - size), length) ? size : 0
  }
  return 0
}

/** The second octet has a narrower range behind some leads: its low end fits, or its high end, wherever anything does. */
const canBegin = (octets: Uint8Array, length: number): boolean =>
  [0x80, 0xbf].some((octet) => isUtf8(Buffer.concat([octets, Buffer.alloc(length - octets.length, octet)])))
