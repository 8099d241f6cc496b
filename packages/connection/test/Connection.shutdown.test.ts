import { describe, expect, it } from "@effect/vitest"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type * as Connection from "@effect-ws/connection/Connection"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as Loopback from "@effect-ws/connection/testing/Loopback"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { connectionOn, pair } from "./pair.js"

const shutdown = (connection: Connection.Connection) =>
  Hosting.shutdown(connection, { status: CloseStatus.make(1001), grace: "2 seconds", why: { _tag: "ScopeClosed" } })

const cut = { _tag: "Aborted", why: { _tag: "ScopeClosed" }, local: { code: 1001 } }

describe("shutdown", () => {
  it.scoped("is over as soon as the peer has answered", () =>
    Effect.gen(function*() {
      const { client } = yield* pair()
      expect(yield* shutdown(client)).toMatchObject({ _tag: "Clean", local: { code: 1001 } })
      expect(yield* shutdown(client)).toMatchObject({ _tag: "Clean", local: { code: 1001 } })
    }))

  it.scoped("makes a Close fit that must not be sent, and logs what could not be", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ annotations, logLevel }) => {
        lines.push(`${logLevel.label} ${JSON.stringify(Object.fromEntries(HashMap.toEntries(annotations).sort()))}`)
      })
      for (
        const [status, code, reason] of [
          [CloseStatus.make(1005, "why"), 1011, "why"],
          [CloseStatus.make(4000, "é".repeat(100)), 4000, "é".repeat(61)]
        ] as const
      ) {
        const { client, server } = yield* pair()
        yield* Hosting.shutdown(client, { status, grace: "2 seconds", why: { _tag: "ScopeClosed" } }).pipe(
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        expect(yield* server.outcome).toMatchObject({ _tag: "Clean", remote: { code, reason } })
      }
      expect(lines).toEqual([
        "WARN {\"givenCode\":1005,\"problems\":\"IllegalCode\",\"sentCode\":1011,\"sentReason\":\"why\"}",
        `WARN {"givenCode":4000,"problems":"ReasonTooLong","sentCode":4000,"sentReason":"${"é".repeat(61)}",` +
        `"unsentReason":"${"é".repeat(39)}","unsentReasonLength":39}`
      ])
    }))

  it.scoped("cuts the transport of a peer that does not answer within grace", () =>
    Effect.gen(function*() {
      const [near] = Loopback.make()
      const client = yield* connectionOn(near, "client")
      const closing = yield* Effect.fork(shutdown(client))
      yield* TestClock.adjust("1999 millis")
      expect(Option.isNone(client.currentOutcome)).toBe(true)
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(closing)).toMatchObject(cut)
    }))

  it.scoped("and so it does when the fiber whose finalizer it is is interrupted meanwhile", () =>
    Effect.gen(function*() {
      const [near] = Loopback.make()
      const client = yield* connectionOn(near, "client")
      const closing = yield* Effect.fork(Effect.scoped(Effect.addFinalizer(() => shutdown(client))))
      yield* TestClock.adjust("1 seconds")
      const interrupting = yield* Effect.fork(Fiber.interrupt(closing))
      yield* TestClock.adjust("999 millis")
      expect(Option.isNone(client.currentOutcome)).toBe(true)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(interrupting)
      expect(yield* client.outcome).toMatchObject(cut)
    }))
})
