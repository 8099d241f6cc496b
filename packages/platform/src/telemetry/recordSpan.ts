/** The record of a connection as a span with events. In: a report, and the span of the opening handshake. Nothing here fails or throws. */
import type { Timed } from "@effect-ws/codec/report/ConnectionRecord"
import { describe } from "@effect-ws/connection/CloseDescription"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Report } from "../wireLog/model.js"
import { guarded, type Tracing } from "./tracing.js"

/** A span with more events is cut by most collectors: OpenTelemetry's limit, unless set otherwise. */
const mostEvents = 128

export const recordSpan = (tracing: Tracing, report: Report): void => {
  guarded(tracing.runtime, () => trace(tracing, report))
}

const trace = ({ clock, span: parent, tracer }: Tracing, report: Report): void => {
  const { id, outcome, path, record: { duration, wire }, role } = report
  const end = clock.unsafeCurrentTimeNanos()
  const start = end - nanos(duration)
  const span = tracer.span("websocket.connection", Option.some(parent), Context.empty(), [], start, role)
  span.attribute("network.protocol.name", "websocket")
  span.attribute("url.path", path)
  span.attribute("websocket.report.id", id)
  for (const timed of ends(wire)) {
    const { attributes, name } = eventOf(timed)
    span.event(name, start + nanos(timed.at), attributes)
  }
  const errorType = outcome === undefined ? undefined : describe(outcome).errorType
  span.end(end, errorType === undefined ? Exit.void : Exit.fail(errorType))
}

/** The first and the last of them, if there are too many. */
const ends = (wire: ReadonlyArray<Timed>): ReadonlyArray<Timed> =>
  wire.length <= mostEvents ? wire : [...wire.slice(0, mostEvents / 2), ...wire.slice(-mostEvents / 2)]

const nanos = (millis: number): bigint => BigInt(Math.round(millis * 1_000_000))

/** Sizes and headers; no bytes of payloads. */
const eventOf = ({ record }: Timed): { readonly name: string; readonly attributes: Record<string, unknown> } => {
  switch (record[0]) {
    case "RO":
      return { name: "websocket.octets.received", attributes: { size: record[1][0] } }
    case "TO":
      return { name: "websocket.octets.sent", attributes: { size: record[1][0] } }
    case "RF":
    case "TF": {
      const [kind, [size], opcode, fin, rsv] = record
      return { name: `websocket.frame.${kind === "RF" ? "received" : "sent"}`, attributes: { size, opcode, fin, rsv } }
    }
    case "WLM":
      return { name: "websocket.log", attributes: { on: record[1] } }
    case "CT":
    case "CTE":
    case "KL":
    case "KLE":
    case "TI":
    case "TIE":
      return { name: `websocket.${record[0]}`, attributes: {} }
  }
}
