/** What is recorded of connections over HTTP/2: those of a session are recorded each by itself, and both ends see the same. */
import { describe, expect, it } from "@effect/vitest"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { ask, client, connectFields, echo, session, urlOf } from "./http2.js"

const recording = WireLog.layer({ payloadSize: 64, showHeaders: ["X-Shown"] })

/** The records of one path, by role, once both ends have seen the end. */
const recordsOf = (wanted: string): Effect.Effect<Readonly<Record<string, WireLog.Report>>, never, WireLog.WireLog> =>
  Effect.gen(function*() {
    const found: Record<string, WireLog.Report> = {}
    for (const { id, outcome, path, role } of yield* WireLog.reports) {
      const report = yield* WireLog.report(id)
      if (path === wanted && outcome !== undefined && Option.isSome(report)) found[role] = report.value
    }
    return found
  })

const whenBoth = (path: string): ReturnType<typeof recordsOf> =>
  Effect.flatMap(
    recordsOf(path),
    (found) => Object.keys(found).length === 2 ? Effect.succeed(found) : Effect.delay(whenBoth(path), "10 millis")
  )

const frames = ({ record: { wire } }: WireLog.Report, kind: "RF" | "TF"): ReadonlyArray<unknown> =>
  wire.flatMap(({ record }) => record[0] === kind ? [record.slice(1, 5)] : [])

/** The octets behind the opening handshake. */
const octets = ({ record: { wire } }: WireLog.Report, kind: "RO" | "TO"): string =>
  wire.flatMap(({ record }) => record[0] === kind ? [record[1][1]] : []).slice(1).join("")

describe("over HTTP/2", () => {
  it.scopedLive("a record has the handshake, and frames and octets of its own stream alone", () =>
    Effect.gen(function*() {
      const server = yield* echo({ compression: false })
      const { connect } = yield* client()
      const [ann, bob] = yield* Effect.forEach(
        ["ann", "bob"],
        (name) =>
          connect(`${urlOf(server)}/${name}?token=s3cret`, { headers: { "X-Shown": name, "X-Hidden": "s3cret" } })
      )
      for (let i = 0; i < 3; i++) {
        for (const [connection, name] of [[ann!, "ann"], [bob!, "bob"]] as const) {
          yield* connection.send(`${name} ${i}`)
          expect(yield* connection.receive).toBe(`${name} ${i}`)
        }
      }
      for (const connection of [ann!, bob!]) yield* connection.close(4000, "enough")
      for (const name of ["ann", "bob"]) {
        const { client, server: service } = yield* whenBoth(`/${name}`)
        for (const { record } of [client!, service!]) {
          expect(record.httpRequest).toMatch(/^CONNECT \/\w+\?token=<redacted> HTTP\/2\r\nhost: localhost:\d+\r\n/)
          expect(record.httpRequest).toContain(`x-shown: ${name}\r\n`)
          expect(record.httpRequest).toContain("x-hidden: <redacted>\r\n")
          expect(record.httpResponse).toMatch(/^HTTP\/2 200\r\n/)
          expect(record.closing).toMatchObject({ wasClean: true, isServer: record === service!.record })
        }
        expect(frames(client!, "TF")).toEqual([
          ...[0, 1, 2].map((i) => [[5, `${name} ${i}`], 1, true, 0]),
          [[8, "0x0fa0656e6f756768"], 8, true, 0]
        ])
        expect(frames(service!, "RF")).toEqual(frames(client!, "TF"))
        expect(frames(service!, "TF")).toEqual(frames(client!, "RF"))
        expect(octets(service!, "RO")).toBe(octets(client!, "TO"))
        expect(octets(service!, "TO")).toBe(octets(client!, "RO"))
        expect(Object.fromEntries(service!.record.framesIn)).toEqual({ 1: 3, 8: 1 })
        expect(WireLog.json(client!)).not.toContain("s3cret")
      }
    }).pipe(Effect.provide(recording)))

  it.scopedLive("a stream that is reset ends its record, and those beside it go on", () =>
    Effect.gen(function*() {
      const server = yield* echo()
      const theirs = yield* session(server)
      const stays = yield* ask(theirs, connectFields({ ":path": "/stays" }))
      const breaks = yield* ask(theirs, connectFields({ ":path": "/breaks" }))
      breaks.stream.close(8)
      yield* Effect.repeat(WireLog.reports, {
        until: (all) => all.some(({ outcome }) => outcome !== undefined),
        schedule: Schedule.spaced("10 millis")
      })
      const byPath = new Map((yield* WireLog.reports).map(({ outcome, path }) => [path, outcome]))
      expect(byPath.get("/breaks")).toMatchObject({ _tag: "Dropped" })
      expect(byPath.get("/stays")).toBe(undefined)
      expect(stays.stream.destroyed).toBe(false)
      expect((yield* WireLog.connections).map(({ path }) => path)).toEqual(["/stays"])
    }).pipe(Effect.provide(recording)))
})
