import { describe, expect, it } from "@effect/vitest"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { turn } from "./pair.js"

const noting = (fired: Array<string>, name: string): Deadlines.Expiring => ({ onDeadline: () => void fired.push(name) })

describe("Deadlines", () => {
  it.scoped("are met in the order in which they are due, each once", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make
      const fired: Array<string> = []
      for (const after of [300, 100, 200, 100]) deadlines.start(after, noting(fired, `${after}`))
      yield* turn
      yield* TestClock.adjust(99)
      yield* turn
      expect(fired).toEqual([])
      yield* TestClock.adjust(1)
      yield* turn
      expect(fired).toEqual(["100", "100"])
      yield* TestClock.adjust(100)
      yield* turn
      yield* TestClock.adjust(1000)
      yield* turn
      expect(fired).toEqual(["100", "100", "200", "300"])
    }))

  it.scoped("are met after their time, whatever becomes of the time of day", () =>
    Effect.gen(function*() {
      const clock = yield* Effect.clock
      for (const hours of [1, -1]) {
        let set = false
        const unsafeCurrentTimeMillis = (): number => clock.unsafeCurrentTimeMillis() + (set ? hours * 3_600_000 : 0)
        const deadlines = yield* Effect.withClock(Deadlines.make, {
          ...clock,
          unsafeCurrentTimeMillis,
          unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
          sleep: (duration) => clock.sleep(duration)
        })
        const fired: Array<string> = []
        deadlines.start(100, noting(fired, "before"))
        yield* turn
        set = true
        deadlines.start(50, noting(fired, "after"))
        yield* TestClock.adjust(50)
        yield* turn
        expect(fired).toEqual(["after"])
        yield* TestClock.adjust(50)
        yield* turn
        expect(fired).toEqual(["after", "before"])
      }
    }))

  it.scoped("are not met when they were canceled", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make
      const fired: Array<string> = []
      const deadline = deadlines.start(100, noting(fired, "canceled"))
      deadlines.start(100, noting(fired, "kept"))
      deadlines.cancel(deadline)
      yield* turn
      yield* TestClock.adjust(100)
      yield* turn
      expect(fired).toEqual(["kept"])
    }))

  it.scoped("may be started and canceled while others are met", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make
      const fired: Array<string> = []
      const other = deadlines.start(100.5, noting(fired, "other"))
      deadlines.start(100, {
        onDeadline: () => {
          fired.push("first")
          deadlines.cancel(other)
          deadlines.start(100, noting(fired, "second"))
        }
      })
      yield* turn
      yield* TestClock.adjust(101)
      yield* turn
      expect(fired).toEqual(["first"])
      yield* TestClock.adjust(100)
      yield* turn
      expect(fired).toEqual(["first", "second"])
    }))

  it.scoped("that are shorter than the one that is waited for are seen, whenever they are started", () =>
    Effect.gen(function*() {
      const fired: Array<string> = []
      for (let microtasks = 0; microtasks < 40; microtasks++) {
        const deadlines = yield* Deadlines.make
        yield* turn
        yield* Effect.promise(async () => {
          deadlines.start(20_000, noting(fired, "long"))
          for (let i = 0; i < microtasks; i++) await undefined
          deadlines.start(50, noting(fired, `short, ${microtasks} microtasks later`))
        })
      }
      yield* turn
      yield* TestClock.adjust(60)
      yield* turn
      expect(fired).toHaveLength(40)
    }))

  it.scoped("of thousands of connections are kept by one fiber, and cost one pass", () =>
    Effect.gen(function*() {
      const deadlines = yield* Deadlines.make
      let fired = 0
      const task: Deadlines.Expiring = { onDeadline: () => void fired++ }
      const all = Array.from({ length: 20_000 }, (_, i) => deadlines.start(i % 2 === 0 ? 20_000 : 5_000, task))
      for (let i = 0; i < all.length; i += 4) {
        const deadline = all[i]
        if (deadline !== undefined) deadlines.cancel(deadline)
      }
      yield* turn
      yield* TestClock.adjust(5_000)
      yield* turn
      expect(fired).toBe(10_000)
      yield* TestClock.adjust(15_000)
      yield* turn
      expect(fired).toBe(15_000)
    }))

  it.effect("end with their scope", () =>
    Effect.gen(function*() {
      const fired: Array<string> = []
      yield* Effect.scoped(Effect.gen(function*() {
        const deadlines = yield* Deadlines.make
        deadlines.start(100, noting(fired, "never"))
        yield* turn
      }))
      yield* TestClock.adjust(1000)
      yield* turn
      expect(fired).toEqual([])
    }))
})
