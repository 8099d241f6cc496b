/**
 * Chapter 10: a sender that cuts its messages by itself.
 *
 * @since 0.1.0
 */
import type { Case } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { asterisk } from "./words.js"

const auto = Payload.repeat(asterisk, 65536)

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  C.make(
    "10.1.1",
    "64 KiB text that the fuzzer itself splits into 1300-byte frames",
    "Echo as one text; the fuzzer additionally checks that it sent 1 first frame and 50 continuations",
    C.events([C.message(false, auto, 1300), C.killAfter(10)], [C.received(false, auto)]),
    C.closedByMe,
    { hook: "FrameCounts" }
  )
]
