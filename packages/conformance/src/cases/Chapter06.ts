/**
 * Chapter 6: text is UTF-8 (RFC 6455 §5.6, §8.1): empty and split messages (6.1, 6.2), illegal ones (6.3), how soon they are
 * found (6.4), and the sequences of `utf8Sequences` (6.5 to 6.23).
 *
 * @since 0.1.0
 */
import type { Action, Case } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { sequences } from "./utf8Sequences.js"
import { continuation, echoed, greek, surrogateAndTail, text } from "./words.js"

const fatal: C.ExpectedClose = { ...C.failedByPeer(1007), wrongInitiatorIsFatal: true }
const mixed = Payload.hex("48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121")
const word = Payload.hex(greek)
const illegal = Payload.hex(greek + surrogateAndTail)
const middle = Payload.text("middle frame payload")

const good = (
  id: string,
  description: string,
  expectation: string,
  actions: ReadonlyArray<Action>,
  echo: Payload.Payload
): Case =>
  C.make(
    id,
    description,
    expectation,
    C.events([...actions, C.closeAfter(1)], [C.received(false, echo)]),
    C.closedByMe
  )

const same = "Same text comes back"

const split: ReadonlyArray<Case> = [
  good("6.1.1", "Empty text in one frame", "Empty text comes back", [C.frame(text)], Payload.empty),
  good("6.1.2", "Empty text in three empty frames", "Empty text comes back", [
    C.frame(text, Payload.empty, { fin: false }),
    C.frame(continuation, Payload.empty, { fin: false }),
    C.frame(continuation)
  ], Payload.empty),
  good(
    "6.1.3",
    "Text in three frames, the outer two empty",
    "The middle frame's 20 bytes come back as one text",
    [
      C.frame(text, Payload.empty, { fin: false }),
      C.frame(continuation, middle, { fin: false }),
      C.frame(continuation)
    ],
    middle
  ),
  good("6.2.1", "29-byte non-ASCII text in one frame", same, [C.message(false, mixed)], mixed),
  good("6.2.2", "The same text in two frames, cut between characters", same, [
    C.frame(text, Payload.of(mixed.base.subarray(0, 15)), { fin: false }),
    C.frame(continuation, Payload.of(mixed.base.subarray(15)))
  ], mixed),
  good("6.2.3", "The same text in one-byte frames", same, [C.message(false, mixed, 1)], mixed),
  good("6.2.4", "Greek word in one-byte frames", same, [C.message(false, word, 1)], word)
]

const invalid = (id: string, description: string, fragment: number): Case =>
  C.make(
    id,
    description,
    "Peer ends the connection (1007)",
    C.events([C.message(false, illegal, fragment), C.killAfter(1)], []),
    fatal
  )

const failFast = (
  id: string,
  description: string,
  expectation: string,
  parts: readonly [first: Action, second: Action, rest: ReadonlyArray<Action>],
  before: ReadonlyArray<Action> = []
): Case =>
  C.make(
    id,
    description,
    expectation,
    C.events(
      [...before, parts[0], C.wait(1, "A"), parts[1], C.wait(1, "B"), ...parts[2], C.killAfter(1)],
      [C.timeout("A")],
      [C.timeout("A"), C.timeout("B")]
    ),
    fatal,
    { timed: true }
  )

const start = (digits: string): Action => C.frame(text, Payload.hex(digits), { fin: false })
const more = (digits: string): Action => C.frame(continuation, Payload.hex(digits), { fin: false })
const piece = (digits: string): Action => ({ _tag: "FrameData", payload: Payload.hex(digits) })
const header: Action = { _tag: "BeginFrame", length: 21 }

const early: ReadonlyArray<Case> = [
  failFast(
    "6.4.1",
    "Three frames one second apart; the second makes the text invalid",
    "Peer ends the connection within a second of the second frame; non-strict when only after the third",
    [start(greek), more("f4908080"), [C.frame(continuation, Payload.hex("656469746564"))]]
  ),
  failFast(
    "6.4.2",
    "As 6.4.1 but the first frame already ends with F4 and the second is the single byte 90",
    "As 6.4.1",
    [start(`${greek}f4`), more("90"), [C.frame(continuation, Payload.hex("8080656469746564"))]]
  ),
  failFast(
    "6.4.3",
    "One 21-byte frame delivered in three pieces a second apart",
    "Peer ends the connection within a second of the second piece, before the frame is complete; non-strict when only after the rest",
    [piece(greek), piece("f4908080"), [piece("656469746564"), C.frame(continuation)]],
    [header]
  ),
  failFast(
    "6.4.4",
    "As 6.4.3 with the piece boundaries of 6.4.2",
    "As 6.4.3",
    [piece(`${greek}f4`), piece("90"), [piece("8080656469746564"), C.frame(continuation)]],
    [header]
  )
]

const table: ReadonlyArray<Case> = sequences.flatMap(({ group, rows }) =>
  rows.map(({ hex, label, legal }, i) => {
    const payload = Payload.hex(hex)
    return C.make(
      `${group}.${i + 1}`,
      `Text frame: ${label} (${legal ? "legal" : "illegal"} UTF-8)`,
      legal ? echoed : "Peer ends the connection (1007) within 0.5 s",
      C.events([C.message(false, payload), C.killAfter(0.5)], legal ? [C.received(false, payload)] : []),
      legal ? C.closedByMe : fatal
    )
  })
)

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  ...split,
  invalid("6.3.1", "Greek word, then an encoded surrogate, then ASCII, in one frame", 0),
  invalid("6.3.2", "The bytes of 6.3.1 in one-byte frames", 1),
  ...early,
  ...table
]
