import { expect, it } from "@effect/vitest"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"

it.scoped("a deadline is met however soon it is started after a later one", () =>
  Effect.gen(function*() {
    for (let turns = 0; turns < 8; turns++) {
      const deadlines = yield* Deadlines.make
      let met = false
      yield* TestClock.adjust(1)
      deadlines.start(1000, { onDeadline: () => {} })
      for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow()
      deadlines.start(500, { onDeadline: () => met = true })
      yield* TestClock.adjust(500)
      expect(met, `after ${turns} turns`).toBe(true)
    }
  }))
