/**
 * Chapter 16, beyond Autobahn: lengths and masking (RFC 6455 §5.1, §5.2).
 *
 * @since 0.1.0
 */
import type { Case } from "../Case.js"
import * as C from "../Case.js"
import * as Payload from "../Payload.js"
import { bad, good, key, none, octets, raw } from "./frames.js"
import { asterisk, binary, closing, continuation, hello, numbered, ping, text } from "./words.js"

const lengths: ReadonlyArray<(id: string) => Case> = [
  (id) => bad(id, "5 octets, written in 16 bits", [raw({ lengthBits: 16 }, octets(5))]),
  (id) => bad(id, "125 octets, written in 16 bits", [raw({ lengthBits: 16 }, octets(125))]),
  (id) => bad(id, "5 octets, written in 64 bits", [raw({ lengthBits: 64 }, octets(5))]),
  (id) => bad(id, "126 octets, written in 64 bits", [raw({ lengthBits: 64 }, octets(126))]),
  (id) => bad(id, "65535 octets, written in 64 bits", [raw({ lengthBits: 64 }, octets(65535))]),
  (id) => bad(id, "A ping of 5 octets, written in 16 bits", [raw({ opcode: ping, lengthBits: 16 }, octets(5))]),
  (id) =>
    bad(id, "An empty continuation, written in 64 bits", [
      C.frame(text, hello, { fin: false }),
      raw({ opcode: continuation, lengthBits: 64 }, octets(0))
    ])
]

const longLengths: ReadonlyArray<(id: string) => Case> = [
  (id) =>
    bad(id, "A header alone, with the top bit of its length set", [raw({ length: 2 ** 63, lengthBits: 64 }, none)]),
  (id) =>
    bad(
      id,
      "A header alone, which announces 1 TiB: it fails before the payload",
      [raw({ length: 2 ** 40, lengthBits: 64 }, none)],
      [1009]
    ),
  (id) =>
    bad(
      id,
      "A header alone, which announces 2^62 octets",
      [raw({ opcode: binary, length: 2 ** 62, lengthBits: 64 }, none)],
      [1009, 1002]
    )
]

const masking: ReadonlyArray<(id: string) => Case> = [
  ...([["text", text], ["ping", ping], ["Close", closing]] as const).map(([name, opcode]) => (id: string) =>
    bad(id, `A ${name} of a client that is not masked`, [raw({ opcode, mask: undefined }, none)], [1002], {
      peers: ["server"]
    })
  ),
  ...([["text", text], ["ping", ping], ["Close", closing]] as const).map(([name, opcode]) => (id: string) =>
    bad(id, `A ${name} of a server that is masked`, [raw({ opcode, mask: key }, none)], [1002], { peers: ["client"] })
  ),
  (id) =>
    good(id, "The key 0", [raw({ mask: 0 }, octets(5))], [C.received(false, Payload.repeat(asterisk, 5))], {
      peers: ["server"]
    })
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...numbered("16.1", lengths),
  ...numbered("16.2", longLengths),
  ...numbered("16.3", masking)
]
