/**
 * Chapter 3: RSV bits without an extension that owns them (RFC 6455 §5.2).
 *
 * @since 0.1.0
 */
import type { Case, Pace } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { binary, closing, hello, notUtf8, ping, text } from "./words.js"

const single = (
  number: number,
  description: string,
  opcode: number,
  payload: Payload.Payload,
  rsv: number,
  expectation = "Peer ends the connection (1002); nothing echoed"
): Case =>
  C.make(
    `3.${number}`,
    description,
    expectation,
    C.events([C.frame(opcode, payload, { rsv }), C.killAfter(1)], []),
    C.failedByPeer(1002)
  )

const afterGood = (number: number, description: string, rsv: number, pace: Pace): Case =>
  C.make(
    `3.${number}`,
    description,
    "Echo of the first text, then peer ends the connection; non-strict when the echo is missing",
    C.events(
      [
        C.frame(text, hello, { pace }),
        C.frame(text, hello, { rsv, pace }),
        C.frame(ping, Payload.empty, { pace }),
        C.killAfter(1)
      ],
      [C.received(false, hello)],
      []
    ),
    C.failedByPeer(1002)
  )

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  single(1, "Text frame with RSV3 set", text, hello, 1),
  afterGood(2, "Good text, then text with RSV2 set, then ping", 2, "joined"),
  afterGood(3, "Good text, then text with RSV2 and RSV3 set, then ping; one socket write per frame", 3, "apart"),
  afterGood(4, "Good text, then text with RSV1 set, then ping; byte-wise writes", 4, 1),
  single(5, "Binary frame with RSV1 and RSV3 set", binary, notUtf8, 5),
  single(6, "Binary frame (upstream text calls it a ping) with RSV1 and RSV2 set", binary, hello, 6),
  single(
    7,
    "Close frame without payload, all RSV bits set",
    closing,
    Payload.empty,
    7,
    "Peer ends the connection (1002) of its own accord instead of answering a normal close"
  )
]
