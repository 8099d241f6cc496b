/**
 * Chapter 16, beyond Autobahn: lengths and masking (RFC 6455 §5.1, §5.2).
 *
 * @since 0.1.0
 */
import type { Case } from "./Case.js"
import * as C from "./Case.js"
import { bad, good, key, none, octets, raw } from "./frames.js"
import * as Payload from "./Payload.js"
import { asterisk, binary, closing, continuation, hello, ping, text } from "./words.js"

const lengths: ReadonlyArray<Case> = [
  bad("16.1.1", "5 bytes, written in 16 bits", [raw({ lengthBits: 16 }, octets(5))]),
  bad("16.1.2", "125 bytes, written in 16 bits", [raw({ lengthBits: 16 }, octets(125))]),
  bad("16.1.3", "5 bytes, written in 64 bits", [raw({ lengthBits: 64 }, octets(5))]),
  bad("16.1.4", "126 bytes, written in 64 bits", [raw({ lengthBits: 64 }, octets(126))]),
  bad("16.1.5", "65535 bytes, written in 64 bits", [raw({ lengthBits: 64 }, octets(65535))]),
  bad("16.1.6", "A ping of 5 bytes, written in 16 bits", [raw({ opcode: ping, lengthBits: 16 }, octets(5))]),
  bad("16.1.7", "An empty continuation, written in 64 bits", [
    C.frame(text, hello, { fin: false }),
    raw({ opcode: continuation, lengthBits: 64 }, octets(0))
  ])
]

const longLengths: ReadonlyArray<Case> = [
  bad("16.2.1", "A header alone, with the top bit of its length set", [raw({ length: 2 ** 63, lengthBits: 64 }, none)]),
  bad("16.2.2", "A header alone, which announces 1 TiB: it fails before the payload", [
    raw({ length: 2 ** 40, lengthBits: 64 }, none)
  ], [1009]),
  bad("16.2.3", "A header alone, which announces 2^62 bytes", [
    raw({ opcode: binary, length: 2 ** 62, lengthBits: 64 }, none)
  ], [1009, 1002])
]

const masking: ReadonlyArray<Case> = [
  ...([["16.3.1", "text", text], ["16.3.2", "ping", ping], ["16.3.3", "Close", closing]] as const).map((
    [id, name, opcode]
  ) =>
    bad(id, `A ${name} of a client that is not masked`, [raw({ opcode, mask: undefined }, none)], [1002], {
      peers: ["server"]
    })
  ),
  ...([["16.3.4", "text", text], ["16.3.5", "ping", ping], ["16.3.6", "Close", closing]] as const).map((
    [id, name, opcode]
  ) =>
    bad(id, `A ${name} of a server that is masked`, [raw({ opcode, mask: key }, none)], [1002], { peers: ["client"] })
  ),
  good("16.3.7", "The key 0", [raw({ mask: 0 }, octets(5))], [C.received(false, Payload.repeat(asterisk, 5))], {
    peers: ["server"]
  })
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [...lengths, ...longLengths, ...masking]
