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

it.scoped("those that are canceled in the turn that started them wake the keeper once, not once for each", () =>
  Effect.gen(function*() {
    let sleeps = 0
    const clock = yield* Effect.clock
    const counting: typeof clock = {
      ...clock,
      sleep: (duration) => {
        sleeps++
        return clock.sleep(duration)
      },
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos()
    }
    const deadlines = new Deadlines.Deadlines(counting)
    yield* Effect.fork(deadlines.keep)
    const task = { onDeadline: () => {} }
    deadlines.start(20_000, task)
    for (let i = 0; i < 40; i++) {
      // As a closing handshake does: a short one, and a longer one in its place.
      for (const after of [50, 5000]) deadlines.cancel(deadlines.start(after, task))
      yield* TestClock.adjust(1)
    }
    expect(sleeps).toBeLessThan(5)
  }))
