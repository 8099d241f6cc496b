/**
 * Frames as they go by, on standard error, and the report of all of it. It reads what `WireLog` has recorded, from time to time, and at the end.
 */
import type { Timed } from "@effect-ws/codec/report/ConnectionRecord"
import type { Lifecycle } from "@effect-ws/connection/Connection"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { note } from "../internal/terminal.js"

/** What is kept: enough to show what came between two looks. */
export const layer = WireLog.layer({
  payloadSize: 1024,
  logSize: 8 * 1024 * 1024,
  memory: 32 * 1024 * 1024,
  reports: 10
})

const lookEvery = "100 millis"

/** Shows frames until the connection has ended. */
export const follow = (connection: Lifecycle) =>
  Effect.gen(function*() {
    let seen = 0
    const look = Effect.flatMap(WireLog.reportOf(connection), (found) =>
      Option.match(found, {
        onNone: () => Effect.void,
        onSome: ({ leftOut, record }) => {
          const fresh = record.wire.length + leftOut - seen
          seen += fresh
          const shown = fresh === 0 ? [] : record.wire.slice(-fresh)
          const lines = shown.flatMap(lineOf)
          if (fresh > shown.length) lines.unshift(`… ${fresh - shown.length} records left out`)
          return Effect.forEach(lines, note, { discard: true })
        }
      }))
    yield* Effect.raceFirst(Effect.repeat(look, Schedule.spaced(lookEvery)), connection.outcome)
    yield* look
  })

/** The page of a connection, as it stands. */
export const page = (connection: Lifecycle) => Effect.map(WireLog.reportOf(connection), Option.map(WireLog.html))

const names: Readonly<Record<number, string>> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong"
}

/** Of a frame; of anything else none. */
const lineOf = ({ at, record }: Timed): ReadonlyArray<string> => {
  if (record[0] !== "RF" && record[0] !== "TF") return []
  const [, [size, text], opcode, fin, rsv] = record
  const mask = record[0] === "RF" ? record[6] : record[5]
  const arrow = record[0] === "RF" ? "<" : ">"
  const bits = [fin ? "FIN" : "", rsv === 0 ? "" : `RSV ${rsv}`, mask === null ? "" : `mask ${mask}`].filter(Boolean)
  const name = names[opcode] ?? `opcode ${opcode}`
  return [`${at.toFixed(1).padStart(9)} ms ${arrow} ${name} ${size} bytes ${bits.join(" ")}  ${text}`.trimEnd()]
}
