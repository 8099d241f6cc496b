/**
 * Frames as they go by, on standard error, and the report of all of it. It reads what `WireLog` has recorded, from time to time, and at the end.
 */
import { nameOf } from "@effect-ws/codec/report/ConnectionPage"
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

/**
 * Shows frames until the connection has ended. A report is as long as its log, so while no bytes go by, none is made.
 */
export const follow = (connection: Lifecycle, show: (line: string) => Effect.Effect<void> = note) =>
  Effect.gen(function*() {
    let id: string | undefined = undefined
    let seen = 0
    let octets: number | undefined = undefined
    const look = Effect.flatMap(WireLog.reportOf(connection), (found) =>
      Option.match(found, {
        onNone: () => Effect.void,
        onSome: (report) => {
          id = report.id
          const lines = linesSince(report, seen)
          seen = countOf(report)
          return Effect.forEach(lines, show, { discard: true })
        }
      }))
    const lookIfNew = Effect.flatMap(WireLog.connections, (all) => {
      const open = all.find((one) => one.id === id)
      const now = open && open.octetsIn + open.octetsOut
      if (now !== undefined && now === octets) return Effect.void
      octets = now
      return look
    })
    yield* Effect.raceFirst(Effect.repeat(lookIfNew, Schedule.spaced(lookEvery)), connection.outcome)
    yield* look
  })

type Log = Pick<WireLog.Report, "leftOut" | "record">

/** How many records there were so far, those that were left out too. */
const countOf = ({ leftOut, record: { wire } }: Log): number => wire.length + (leftOut === 0 ? 0 : leftOut - gap)

/** Where records were left out, the log is switched off and on: that is no record of what went by. */
const gap = 2

/** The frames among the records from number `seen` on, as lines, and in its place how many records were left out. */
export const linesSince = (report: Log, seen: number): ReadonlyArray<string> => {
  const { leftOut, record: { wire } } = report
  const before = leftOut === 0 ? wire.length : wire.findIndex(({ record }) => record[0] === "WLM" && !record[1])
  const end = before + leftOut
  const missed = end - Math.max(seen, before)
  return [
    ...wire.slice(seen, Math.max(seen, before)).flatMap(lineOf),
    ...(missed > 0 ? [`… ${missed} records left out`] : []),
    ...wire.slice(before + gap + Math.max(0, seen - end)).flatMap(lineOf)
  ]
}

/** The page of a connection, as it stands. */
export const page = (connection: Lifecycle) => Effect.map(WireLog.reportOf(connection), Option.map(WireLog.html))

/** Of a frame; of anything else none. */
const lineOf = ({ at, record }: Timed): ReadonlyArray<string> => {
  if (record[0] !== "RF" && record[0] !== "TF") return []
  const [, [size, text], opcode, fin, rsv] = record
  const mask = record[0] === "RF" ? record[6] : record[5]
  const arrow = record[0] === "RF" ? "<" : ">"
  const bits = [fin ? "FIN" : "", rsv === 0 ? "" : `RSV ${rsv}`, mask === null ? "" : `mask ${mask}`].filter(Boolean)
  return [
    `${at.toFixed(1).padStart(9)} ms ${arrow} ${nameOf(opcode)} ${size} bytes ${bits.join(" ")}  ${text}`.trimEnd()
  ]
}
