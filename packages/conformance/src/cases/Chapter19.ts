/**
 * Chapter 19, beyond Autobahn: streams that end or break at every stage (RFC 6455 §7.1.1, §7.1.7).
 *
 * @since 0.1.0
 */
import type { Action, Case } from "./Case.js"
import * as C from "./Case.js"
import { octets, raw } from "./frames.js"
import * as Payload from "./Payload.js"
import { asterisk, binary, closing, hello, mebi, text } from "./words.js"

/** The stream ends, and the peer has to end it too. */
const ended = (id: string, description: string, actions: ReadonlyArray<Action>): Case =>
  C.make(
    id,
    description,
    "The peer ends the stream too",
    C.events([...actions, { _tag: "HalfClose" }, C.killAfter(2)], []),
    C.failedByPeer(1000, 1002, 1006)
  )

const halves: ReadonlyArray<Case> = [
  ended("19.1.1", "After the handshake", []),
  ended("19.1.2", "Inside a header", [
    // Its two first octets: the length is to follow.
    { _tag: "Octets", octets: (peer) => Uint8Array.of(0x81, peer === "server" ? 0xfe : 0x7e) }
  ]),
  ended("19.1.3", "Inside a payload", [raw({ length: 100 }, octets(50))]),
  ended("19.1.4", "Between two fragments", [C.frame(text, hello, { fin: false })]),
  C.make(
    "19.1.5",
    "Behind a Close, which has to be answered all the same",
    "The peer answers the Close, and ends the stream",
    C.events([C.close(1000), { _tag: "HalfClose" }, C.killAfter(2)], []),
    C.closedByMe
  )
]

/** The connection breaks, and the peer goes on with others. */
const broken = (id: string, description: string, actions: ReadonlyArray<Action>): Case =>
  C.make(
    id,
    description,
    "The peer goes on to serve others",
    C.events([...actions, C.wait(0.1), { _tag: "Reset" }], []),
    C.failedByPeer(),
    { hook: "Survives", autoClose: false }
  )

const resets: ReadonlyArray<Case> = [
  broken("19.2.1", "After the handshake", []),
  broken("19.2.2", "Inside a payload", [raw({ length: 100 }, octets(50))]),
  broken("19.2.3", "Between two fragments", [C.frame(text, hello, { fin: false })]),
  broken("19.2.4", "Inside a Close", [raw({ opcode: closing, length: 20 }, octets(5))]),
  C.make(
    "19.2.5",
    "While a message of 4 MiB is on its way back",
    "The peer goes on to serve others",
    { ...C.events([C.frame(binary, Payload.repeat(asterisk, 4 * mebi)), { _tag: "Reset" }], []) },
    C.failedByPeer(),
    { hook: "Survives", autoClose: false }
  )
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [...halves, ...resets]
