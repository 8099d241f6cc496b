/** Options of this package that are wrong: refused when something is made with them. */
import { describe, expect, it } from "@effect/vitest"
import { InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as Telemetry from "@effect-ws/platform/Telemetry"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

const noDurations = [NaN, -1, -5n, "soon", "-1 second", "25 days", 2 ** 31, null, true, {}, []]

const defectOf = <A, E>(make: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<unknown> =>
  Effect.map(
    Effect.exit(Effect.scoped(make)),
    (exit) => Exit.isSuccess(exit) ? "it was believed" : Cause.squash(exit.cause)
  )

const refuses = (
  cases: Readonly<Record<string, ReadonlyArray<unknown>>>,
  make: (options: any) => Effect.Effect<unknown, unknown, Scope.Scope>
) =>
  Effect.gen(function*() {
    for (const [option, values] of Object.entries(cases)) {
      for (const value of values) {
        const defect = yield* defectOf(make({ [option]: value }))
        expect(defect).toBeInstanceOf(InvalidOption)
        expect(defect).toMatchObject({ option })
      }
      expect(yield* defectOf(make({ [option]: undefined }))).toBe("it was believed")
    }
  })

describe("options that cannot be", () => {
  it.effect("of reconnecting: nothing is opened", () =>
    refuses(
      {
        whileDown: ["Wait", "", true, null],
        maxRetryAfter: [Infinity, ...noDurations],
        lasting: noDurations,
        measureEvery: [0, Infinity, ...noDurations]
      },
      (options) => Reconnecting.make(Effect.never, options)
    ))

  it.effect("of telemetry: an interval of nothing would never rest", () =>
    refuses(
      { sampleEvery: [0, Infinity, ...noDurations], spans: ["false", null], metrics: ["no", 0], propagate: [1] },
      (options) => Layer.build(Telemetry.layer(options))
    ))

  it.effect("of the wire log: nothing is recorded by halves", () =>
    refuses(
      {
        sample: [1.5, -0.1, NaN, "0.5"],
        choose: [true, "all"],
        keep: [{}],
        payloadSize: [-1, 65_537, 0.5, Infinity],
        showHeaders: ["cookie", 1],
        logSize: [NaN, -1],
        memory: ["32 MiB", Infinity],
        reports: [1_000_001],
        spans: ["yes"]
      },
      (options) => Layer.build(WireLog.layer(options))
    ))
})
