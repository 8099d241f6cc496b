import { expect, it } from "@effect/vitest"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"

it.scoped("a task that throws keeps neither others nor later ones from being called", () => {
  const logged: Array<unknown> = []
  return Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    const called: Array<number> = []
    const task = (name: number) => ({
      onDeadline: () => {
        if (name === 1) throw new Error("against its promise")
        called.push(name)
      }
    })
    for (const name of [0, 1, 2]) deadlines.start(1000, task(name))
    deadlines.start(2000, task(3))
    yield* TestClock.adjust("1 second")
    expect(called).toEqual([0, 2])
    yield* TestClock.adjust("1 second")
    expect(called).toEqual([0, 2, 3])
    expect(logged).toEqual(["The task of a deadline failed"])
  }).pipe(
    Effect.provide(Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => logged.push(String(message)))))
  )
})
