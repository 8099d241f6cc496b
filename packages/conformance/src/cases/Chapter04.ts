/**
 * Chapter 4: opcodes that RFC 6455 §5.2 reserves, of data frames (4.1) and control frames (4.2).
 *
 * @since 0.1.0
 */
import type { Case, Pace } from "./Case.js"
import * as C from "./Case.js"
import * as Payload from "./Payload.js"
import { hello, ping, text } from "./words.js"

const alone = (id: string, description: string, opcode: number, payload: Payload.Payload): Case =>
  C.make(
    id,
    description,
    "Peer ends the connection (1002); no events",
    C.events([C.frame(opcode, payload), C.killAfter(1)], []),
    C.failedByPeer(1002)
  )

const amid = (id: string, description: string, opcode: number, payload: Payload.Payload, pace: Pace): Case =>
  C.make(
    id,
    description,
    "Echo of the text, then peer ends the connection; non-strict without the echo",
    C.events(
      [
        C.frame(text, hello, { pace }),
        C.frame(opcode, payload, { pace }),
        C.frame(ping, Payload.empty, { pace }),
        C.killAfter(1)
      ],
      [C.received(false, hello)],
      []
    ),
    C.failedByPeer(1002)
  )

const family = (group: string, first: number): ReadonlyArray<Case> => [
  alone(`${group}.1`, `Empty frame with opcode ${first}`, first, Payload.empty),
  alone(`${group}.2`, `Opcode ${first + 1} frame with 23 bytes`, first + 1, Payload.text("reserved opcode payload")),
  amid(`${group}.3`, `Good text, empty opcode ${first + 2} frame, ping`, first + 2, Payload.empty, "joined"),
  amid(`${group}.4`, `Good text, opcode ${first + 3} frame with data, ping`, first + 3, hello, "joined"),
  amid(`${group}.5`, `Good text, opcode ${first + 4} frame with data, ping; byte-wise writes`, first + 4, hello, 1)
]

/**
 * @since 0.1.0
 * @category cases
 */
export const cases: ReadonlyArray<Case> = [...family("4.1", 3), ...family("4.2", 11)]
