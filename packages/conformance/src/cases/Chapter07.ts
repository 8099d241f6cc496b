/**
 * Chapter 7: the closing handshake (RFC 6455 §5.5.1, §7): what stands around a Close, its length, its reason, its code.
 *
 * @since 0.1.0
 */
import type { Action, Case, Event, ExpectedClose, Hook } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { asterisk, closing, continuation, fragment, greek, kibi, ping, surrogateAndTail, text } from "./words.js"

const greeting = Payload.text("Hello World!")

interface Fields {
  readonly ok: ReadonlyArray<Event>
  readonly nonStrict: ReadonlyArray<Event> | undefined
  readonly close: ExpectedClose
  readonly autoClose: boolean
  readonly hook: Hook
}

const make = (
  id: string,
  description: string,
  expectation: string,
  actions: ReadonlyArray<Action>,
  fields: Partial<Fields> = {}
): Case =>
  C.make(
    id,
    description,
    expectation,
    C.events([...actions, C.killAfter(1)], fields.ok ?? [], fields.nonStrict),
    fields.close ?? C.closedByMe,
    { autoClose: fields.autoClose ?? false, hook: fields.hook ?? "WrongCodeIsFatal" }
  )

const closedWith = (...codes: ReadonlyArray<number>): ExpectedClose => ({ ...C.closedByMe, codes })
const refused: ExpectedClose = { ...closedWith(1002), requireClean: false }

const around: ReadonlyArray<Case> = [
  make("7.1.1", "One text; the fuzzer closes when the echo is in", "Echo, then a clean 1000 close", [
    C.frame(text, greeting)
  ], { ok: [C.received(false, greeting)], autoClose: true }),
  make(
    "7.1.2",
    "Close 1000 and right behind it a second, empty close frame",
    "Clean 1000 close, second frame has no effect",
    [C.close(1000), C.frame(closing)]
  ),
  make("7.1.3", "Close 1000 followed by a ping", "Clean 1000 close and no pong", [C.close(1000), C.frame(ping)]),
  make("7.1.4", "Close 1000 followed by a text", "Clean 1000 close and no echo", [
    C.close(1000),
    C.frame(text, greeting)
  ]),
  make("7.1.5", "First half of a text, close 1000, second half", "Clean 1000 close and no echo", [
    C.frame(text, fragment(1), { fin: false }),
    C.close(1000),
    C.frame(continuation, fragment(2))
  ]),
  make(
    "7.1.6",
    "256 KiB text, short text, close 1000, ping, all back to back",
    "Recorded only; never pass or fail",
    [
      C.frame(text, Payload.repeat(Payload.text("BAsd7&jh23"), 256 * kibi)),
      C.frame(text, greeting),
      C.close(1000),
      C.frame(ping)
    ],
    { ok: [C.received(false, greeting)], nonStrict: [], hook: "Informational" }
  )
]

const cleanly = "Clean close, reply 1000 or empty"
const dropped = "Reply 1002 or empty, or a plain TCP drop"

const lengths: ReadonlyArray<Case> = [
  make("7.3.1", "Close frame with no payload", cleanly, [C.close()]),
  make("7.3.2", "Close frame with a 1-byte payload", dropped, [C.close(undefined, Payload.text("a"))], {
    close: refused
  }),
  make("7.3.3", "Close frame with just code 1000", cleanly, [C.close(1000)]),
  make("7.3.4", "Close 1000 with a 12-byte reason", cleanly, [C.close(1000, greeting)]),
  make("7.3.5", "Close 1000 with the longest reason, 123 bytes", cleanly, [
    C.close(1000, Payload.repeat(asterisk, 123))
  ]),
  make("7.3.6", "Close 1000 with 124 reason bytes, so a 126-byte control frame", dropped, [
    C.close(1000, Payload.repeat(asterisk, 124))
  ], { close: refused }),
  make(
    "7.5.1",
    "Close 1000 whose reason is invalid UTF-8",
    "Reply 1002, 1007 or empty, or a plain TCP drop",
    [C.close(1000, Payload.hex(greek + surrogateAndTail))],
    { close: { ...closedWith(1002, 1007), requireClean: false }, hook: "WrongCodeIsFatalHexReason" }
  )
]

const allowed = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
const forbidden = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
const outOfRange = [5000, 65535]

const codes: ReadonlyArray<Case> = [
  ...allowed.map((code, i) => {
    const answers = code === 1000 ? [1000] : [1000, code]
    return make(
      `7.7.${i + 1}`,
      `Close with the allowed code ${code}`,
      `Clean close; reply code ${answers.join(", ")} or none`,
      [C.close(code)],
      { close: closedWith(1000, code), autoClose: true }
    )
  }),
  ...forbidden.map((code, i) =>
    make(
      `7.9.${i + 1}`,
      `Close with the disallowed code ${code}`,
      "Reply code 1002 or none, or a plain TCP drop",
      [C.close(code)],
      { close: refused, autoClose: true }
    )
  ),
  ...outOfRange.map((code, i) =>
    make(`7.13.${i + 1}`, `Close with code ${code}`, "Recorded only; never pass or fail", [C.close(code)], {
      close: { ...closedWith(1000, code, 1002), requireClean: false },
      hook: "Informational"
    })
  )
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [...around, ...lengths, ...codes]
