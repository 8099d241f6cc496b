/**
 * Chapter 1: frame sizes around the length encodings (RFC 6455 §5.2).
 *
 * @since 0.1.0
 */
import type { Case } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { asterisk, binary, byteFE, echoed, text } from "./words.js"

interface Size {
  readonly length: number
  readonly chop: number | undefined
}

const whole = (length: number): Size => ({ length, chop: undefined })

const sizes: ReadonlyArray<Size> = [
  ...[0, 125, 126, 127, 128, 65535, 65536].map(whole),
  { length: 65536, chop: 997 }
]

const family = (group: string, opcode: number, name: string, unit: Payload.Payload): ReadonlyArray<Case> =>
  sizes.map(({ chop, length }, i) => {
    const payload = length === 0 ? Payload.empty : Payload.repeat(unit, length)
    const amount = length === 0 ? "no payload" : `${length} bytes`
    return C.make(
      `1.${group}.${i + 1}`,
      `${name} frame with ${amount}${chop === undefined ? "" : `, written in ${chop}-byte pieces`}`,
      echoed,
      C.events(
        [C.frame(opcode, payload, { pace: chop ?? "joined" }), C.killAfter(length < 65535 ? 1 : 10)],
        [C.received(opcode === binary, payload)]
      ),
      C.closedByMe
    )
  })

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...family("1", text, "Text", asterisk),
  ...family("2", binary, "Binary", byteFE)
]
