/**
 * Chapter 5: fragmentation (RFC 6455 §5.4).
 *
 * @since 0.1.0
 */
import type { Action, Case, Event, Pace } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { continuation, fragment, hello, ping, pong, text } from "./words.js"

const first = fragment(1)
const second = fragment(2)
const joined = Payload.text("fragment1fragment2")
const between = Payload.text("ping payload")
const stray = Payload.text("non-continuation payload")

const good = (
  number: number,
  description: string,
  expectation: string,
  actions: ReadonlyArray<Action>,
  ok: ReadonlyArray<Event>
): Case => C.make(`5.${number}`, description, expectation, C.events([...actions, C.closeAfter(1)], ok), C.closedByMe)

const bad = (number: number, description: string, actions: ReadonlyArray<Action>): Case =>
  C.make(
    `5.${number}`,
    description,
    "Peer ends the connection (1002); no events",
    C.events([...actions, C.killAfter(1)], []),
    C.failedByPeer(1002)
  )

const start = (payload: Payload.Payload, pace: Pace = "joined"): Action => C.frame(text, payload, { fin: false, pace })
const more = (payload: Payload.Payload, pace: Pace = "joined"): Action =>
  C.frame(continuation, payload, { fin: false, pace })
const end = (payload: Payload.Payload, pace: Pace = "joined"): Action => C.frame(continuation, payload, { pace })

const twoFrames = (number: number, description: string, pace: Pace): Case =>
  good(number, description, "One echo of the joined text", [start(first, pace), end(second, pace)], [
    C.received(false, joined)
  ])

const pingBetween = (number: number, description: string, pace: Pace): Case =>
  good(
    number,
    description,
    "Pong first, echo of the joined text second",
    [start(first, pace), C.frame(ping, between, { pace }), end(second, pace)],
    [C.pong(between), C.received(false, joined)]
  )

const strayFrame = (number: number, description: string, fin: boolean, pace: Pace): Case =>
  bad(number, description, [C.frame(continuation, stray, { fin, pace }), C.frame(text, hello, { pace })])

const strayThenText = (number: number, description: string, fin: boolean): Case => {
  const once = [C.frame(continuation, first, { fin }), start(second), end(fragment(3))]
  return bad(number, description, [...once, ...once])
}

const paused = (number: number, description: string, pace: Pace): Case => {
  const pings = [1, 2].map((i) => Payload.text(`pongme ${i}!`))
  const asked = pings.map((payload) => C.frame(ping, payload, { pace }))
  return good(
    number,
    description,
    "First pong, second pong, then the joined text",
    [
      start(fragment(1), pace),
      more(fragment(2), pace),
      ...asked.slice(0, 1),
      C.wait(1),
      more(fragment(3), pace),
      more(fragment(4), pace),
      ...asked.slice(1),
      end(fragment(5), pace)
    ],
    [...pings.map(C.pong), C.received(false, Payload.concat([1, 2, 3, 4, 5].map(fragment)))]
  )
}

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [
  bad(1, "Ping with FIN=0 continued by a final continuation", [C.frame(ping, first, { fin: false }), end(second)]),
  bad(2, "Pong with FIN=0 continued by a final continuation", [C.frame(pong, first, { fin: false }), end(second)]),
  twoFrames(3, "Text in two frames, written together", "joined"),
  twoFrames(4, "Text in two frames, one socket write per frame", "apart"),
  twoFrames(5, "Text in two frames, byte-wise writes", 1),
  pingBetween(6, "Text in two frames with a ping between them", "joined"),
  pingBetween(7, "As 5.6, one socket write per frame", "apart"),
  pingBetween(8, "As 5.6, byte-wise writes", 1),
  strayFrame(9, "Final continuation with nothing open, then a good text", true, "joined"),
  strayFrame(10, "As 5.9, one socket write per frame", true, "apart"),
  strayFrame(11, "As 5.9, byte-wise writes", true, 1),
  strayFrame(12, "Non-final continuation with nothing open, then a good text", false, "joined"),
  strayFrame(13, "As 5.12, one socket write per frame", false, "apart"),
  strayFrame(14, "As 5.12, byte-wise writes", false, 1),
  C.make(
    "5.15",
    "Complete two-frame text, then a stray non-final continuation, then a good text",
    "Echo of the two-frame text, then peer ends the connection; non-strict without the echo",
    C.events(
      [start(first), end(second), more(fragment(3)), C.frame(text, fragment(4)), C.killAfter(1)],
      [C.received(false, joined)],
      []
    ),
    C.failedByPeer(1002)
  ),
  strayThenText(16, "Twice over: stray non-final continuation, then a two-frame text", false),
  strayThenText(17, "Twice over: stray final continuation, then a two-frame text", true),
  bad(18, "Fragmented text whose second frame again has opcode 1", [start(first), C.frame(text, second)]),
  paused(19, "Five-frame text with a ping after frame 2 and after frame 4 and a 1 s pause in the middle", "joined"),
  paused(20, "As 5.19, one socket write per frame", "apart")
]
