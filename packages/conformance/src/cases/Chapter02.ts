/**
 * Chapter 2: ping and pong (RFC 6455 §5.5.2, §5.5.3). Stricter than the RFC in 2.10 and 2.11: one pong for each ping, though
 * answering the latest alone is allowed.
 *
 * @since 0.1.0
 */
import type { Action, Case, ExpectedClose, Pace } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { byteFE, hello, notUtf8, ping, pong } from "./words.js"

const largest = Payload.repeat(byteFE, 125)
const unsolicited = C.frame(pong, Payload.text("unsolicited pong payload"))
const ten = Array.from({ length: 10 }, (_, i) => Payload.text(`payload-${i}`))

const make = (
  number: number,
  description: string,
  expectation: string,
  actions: ReadonlyArray<Action>,
  pongs: ReadonlyArray<Payload.Payload>,
  close: ExpectedClose = C.closedByMe
): Case => C.make(`2.${number}`, description, expectation, C.events(actions, pongs.map(C.pong)), close)

const answered = (number: number, what: string, expectation: string, payload: Payload.Payload): Case =>
  make(number, what, expectation, [C.frame(ping, payload), C.closeAfter(1)], [payload])

const tenPings = (number: number, description: string, pace: Pace): Case =>
  make(
    number,
    description,
    "Ten pongs in the order of the pings",
    [...ten.map((payload) => C.frame(ping, payload, { pace })), C.closeAfter(3)],
    ten
  )

const nothing = "No events at all; the close completes cleanly"

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  answered(1, "Ping with no data", "Pong with no data", Payload.empty),
  answered(2, "Ping carrying 13 ASCII bytes", "Pong with the same 13 bytes", hello),
  answered(3, "Ping carrying 8 bytes that are not UTF-8", "Pong with the same 8 bytes", notUtf8),
  answered(4, "Ping of the largest legal size, 125 bytes", "Pong with the same 125 bytes", largest),
  make(
    5,
    "Ping one byte over the limit (126 bytes, 16-bit length)",
    "Peer ends the connection, code 1002 or none; no pong",
    [C.frame(ping, Payload.repeat(byteFE, 126)), C.killAfter(1)],
    [],
    C.failedByPeer(1002)
  ),
  make(
    6,
    "125-byte ping written to the socket byte by byte",
    "Pong with the same 125 bytes",
    [C.frame(ping, largest, { pace: 1 }), C.closeAfter(2)],
    [largest]
  ),
  make(7, "Empty pong nobody asked for, at once followed by close 1000", nothing, [
    C.frame(pong),
    C.close(1000),
    C.closeAfter(1)
  ], []),
  make(8, "Pong with 24 bytes nobody asked for, at once followed by close 1000", nothing, [
    unsolicited,
    C.close(1000),
    C.closeAfter(1)
  ], []),
  make(9, "Pong nobody asked for, then a ping with 12 bytes", "Exactly one pong, answering the ping", [
    unsolicited,
    C.frame(ping, Payload.text("ping payload")),
    C.closeAfter(1)
  ], [Payload.text("ping payload")]),
  tenPings(10, "Ten pings in a row, each with its own payload", "joined"),
  tenPings(11, "Ten pings in a row, written byte by byte", 1)
]
