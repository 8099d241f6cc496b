/**
 * Whether a server goes on to serve others, once a case has broken its connection off.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Case } from "../cases/Case.js"
import * as C from "../cases/Case.js"
import * as Payload from "../cases/Payload.js"
import type { CaseRecord } from "../verdict/Record.js"
import type { Unreachable } from "./Unreachable.js"

/**
 * Runs a case by `connect`, and where that is its point, another behind it: the server has to take a new connection, and to echo.
 *
 * @since 0.1.0
 * @category examining
 */
export const examine = (
  theCase: Case,
  connect: (theCase: Case) => Effect.Effect<CaseRecord, Unreachable>
): Effect.Effect<CaseRecord, Unreachable> =>
  theCase.hook !== "Survives" ?
    connect(theCase) :
    Effect.flatMap(connect(theCase), (record) =>
      Effect.match(connect(probe), {
        onFailure: ({ message }) => ({ ...record, finding: { behavior: "FAILED" as const, result: message } }),
        onSuccess: ({ received }) => ({
          ...record,
          finding: received.length > 0
            ? { behavior: "OK" as const, result: "The server took a new connection afterwards." }
            : { behavior: "FAILED" as const, result: "The server did not serve a new connection afterwards." }
        })
      }))

const greeting = Payload.text("Hello, world!")
const probe = C.make(
  "probe",
  "A text",
  "Its echo",
  C.events([C.frame(1, greeting), C.killAfter(2)], [C.received(false, greeting)]),
  C.closedByMe
)
