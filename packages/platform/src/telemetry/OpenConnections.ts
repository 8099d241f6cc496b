/**
 * The open connections of one role: what they do is counted, and how each ends becomes a span. In: connections, once they are open.
 * It does not know how they were opened, only under which span.
 */
import { describe } from "@effect-ws/connection/CloseDescription"
import type { CloseOutcome, Role } from "@effect-ws/connection/CloseOutcome"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type { Meter, Metered } from "@effect-ws/connection/host/Meter"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Counters } from "./counters.js"
import { guarded, type Tracing } from "./tracing.js"

/** What is known of one. */
interface Known {
  readonly tracing: Tracing | undefined
  /** In nanoseconds. */
  closingAt: bigint | undefined
}

export class OpenConnections {
  private readonly known = new Map<Metered, Known>()
  readonly meter: Meter

  constructor(private readonly role: Role, private readonly counters: Counters | undefined) {
    this.meter = {
      read: (octets) => counters?.octetsIn.unsafeUpdate(octets, []),
      written: (octets) => counters?.octetsOut.unsafeUpdate(octets, []),
      received: (messages) => counters?.messagesIn.unsafeUpdate(messages, []),
      sent: () => counters?.messagesOut.unsafeUpdate(1, []),
      pinged: (roundTrip) => counters?.pings.unsafeUpdate(Duration.toSeconds(roundTrip), []),
      closing: (connection) => {
        const known = this.known.get(connection)
        const { tracing } = known ?? {}
        if (known === undefined || tracing === undefined) return
        known.closingAt ??= guarded(tracing.runtime, () => tracing.clock.unsafeCurrentTimeNanos())
      }
    }
  }

  /** `tracing`: under which span its close is traced; `undefined` if it is not. */
  add(connection: Connection.Lifecycle, tracing: Tracing | undefined): void {
    const { counters, role } = this
    const known: Known = { tracing, closingAt: undefined }
    this.known.set(connection, known)
    counters?.connections.unsafeUpdate(1, [])
    Hosting.listen(connection, (outcome) => {
      this.known.delete(connection)
      counters?.connections.unsafeUpdate(-1, [])
      counters?.closed(outcome)
      if (tracing !== undefined) guarded(tracing.runtime, () => traceClose(tracing, known.closingAt, role, outcome))
    })
  }

  /** What all of them together have buffered. */
  sample(): void {
    let sum = 0
    for (const connection of this.known.keys()) sum += connection.bufferedAmount
    this.counters?.buffered.unsafeUpdate(sum, [])
  }
}

/** A span from the first Close, or the loss of the transport, to the outcome. */
const traceClose = (
  { clock, span: parent, tracer }: Tracing,
  closingAt: bigint | undefined,
  role: Role,
  outcome: CloseOutcome
): void => {
  const now = clock.unsafeCurrentTimeNanos()
  const span = tracer.span("websocket.close", Option.some(parent), Context.empty(), [], closingAt ?? now, role)
  span.attribute("network.protocol.name", "websocket")
  span.attribute("websocket.outcome", outcome._tag)
  span.attribute("websocket.closed_first", outcome.closedFirst)
  span.attribute("websocket.dropped_by", outcome.droppedBy)
  const { errorType, how, received, sent } = describe(outcome)
  if (sent !== undefined) span.attribute("websocket.close.local.code", sent.code)
  if (received !== undefined) span.attribute("websocket.close.remote.code", received.code)
  if (errorType !== undefined) span.attribute("error.type", errorType)
  if (how._tag === "Violation") span.attribute("websocket.violation.rfc", how.rfc)
  span.end(now, errorType === undefined ? Exit.void : Exit.fail(errorType))
}
