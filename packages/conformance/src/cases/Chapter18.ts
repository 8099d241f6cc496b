/**
 * Chapter 18, beyond Autobahn: floods of small frames.
 *
 * @since 0.1.0
 */
import * as Frame from "@effect-ws/codec/Frame"
import type { Action, Case } from "./Case.js"
import * as C from "./Case.js"
import { bad, good, key, none, octets } from "./frames.js"
import * as Payload from "./Payload.js"
import { asterisk, continuation, fragment, hello, ping, pong, text } from "./words.js"

const times = (count: number, action: Action): ReadonlyArray<Action> => Array.from({ length: count }, () => action)

/** Many frames as one write. */
const flood = (count: number, fields: Partial<Frame.Header>, payload: Uint8Array): Action => ({
  _tag: "Octets",
  octets: (peer) => {
    const mask = peer === "server" ? key : undefined
    const one = Frame.encode({ header: Frame.header(continuation, payload.length, { mask, ...fields }), payload })
    return Payload.octets({ base: one, length: count * one.length })
  }
})

const floods: ReadonlyArray<Case> = [
  good(
    "18.1.1",
    "4096 empty fragments",
    [
      C.frame(text, hello, { fin: false }),
      flood(4096, { fin: false }, none),
      C.frame(continuation)
    ],
    [C.received(false, hello)],
    { seconds: 5 }
  ),
  good(
    "18.1.2",
    "10000 fragments of one byte",
    [
      C.frame(text, asterisk, { fin: false }),
      flood(9998, { fin: false }, octets(1)),
      C.frame(continuation, asterisk)
    ],
    [C.received(false, Payload.repeat(asterisk, 10000))],
    { seconds: 5 }
  ),
  bad(
    "18.1.3",
    "Empty fragments without an end: 1.3 million",
    [
      C.frame(text, hello, { fin: false }),
      flood(1_300_000, { fin: false }, none)
    ],
    [1008, 1009],
    { seconds: 10, heavy: true }
  )
]

const controlFloods: ReadonlyArray<Case> = [
  good("18.2.1", "200 pings between two fragments", [
    C.frame(text, fragment(1), { fin: false }),
    ...times(200, C.frame(ping, hello)),
    C.frame(continuation, fragment(2))
  ], [...Array.from({ length: 200 }, () => C.pong(hello)), C.received(false, Payload.text("fragment1fragment2"))]),
  good("18.2.2", "10000 pongs that nobody asked for, then a text", [
    flood(10000, { opcode: pong }, none),
    C.frame(text, hello)
  ], [
    C.received(false, hello)
  ])
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [...floods, ...controlFloods]
