/** The events of a page end the pauses of `Reconnecting`, and so does nothing else. */
import { describe, expect, it } from "@effect/vitest"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import { RetrySignal } from "@effect-ws/platform/RetrySignal"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { make } from "../src/client/client.js"
import * as signal from "../src/page/signal.js"
import { FakePage } from "./fakes.js"

const turn = Effect.promise(() => new Promise((resolve) => setImmediate(() => setImmediate(resolve))))

const wakes: Record<string, (page: FakePage) => void> = {
  online: (page) => page.dispatch("online"),
  "pageshow, from the cache": (page) => page.dispatch("pageshow", { persisted: true }),
  "visibilitychange, to visible": (page) => page.document.dispatch("visibilitychange"),
  resume: (page) => page.document.dispatch("resume")
}

const waiting = Effect.gen(function*() {
  const page = new FakePage()
  const client = yield* make({}, page)
  const kept = yield* Effect.provideService(
    Reconnecting.make(client.connect("ws://a.example/"), { schedule: Schedule.spaced("1 hour") }),
    RetrySignal,
    signal.make(page)
  )
  yield* turn
  page.at(0).end(1006)
  yield* turn
  expect((yield* kept.state)._tag).toBe("Waiting")
  return { kept, page }
})

describe("a page's signal", () => {
  for (const [name, wake] of Object.entries(wakes)) {
    it.scoped(`${name}: tries again at once`, () =>
      Effect.gen(function*() {
        const { kept, page } = yield* waiting
        wake(page)
        yield* turn
        expect([(yield* kept.state)._tag, page.sockets.length]).toEqual(["Connecting", 2])
        expect([page.listening, page.document.listening]).toEqual([0, 0]) // only while it waits
        page.at(1).open()
        yield* turn
        expect((yield* kept.state)._tag).toBe("Open")
        page.at(1).end(1000)
      }))
  }

  it.scoped("nothing else does", () =>
    Effect.gen(function*() {
      const { page } = yield* waiting
      page.document.visibilityState = "hidden"
      page.document.dispatch("visibilitychange")
      page.dispatch("pageshow", { persisted: false })
      yield* turn
      expect(page.sockets).toHaveLength(1)
      yield* TestClock.adjust("1 hour")
      yield* turn
      expect(page.sockets).toHaveLength(2)
      page.at(1).end(1006)
    }))

  it.scoped("a page that was in the back/forward cache has a connection again", () =>
    Effect.gen(function*() {
      const { kept, page } = yield* waiting
      page.dispatch("online")
      yield* turn
      page.at(1).open()
      yield* turn
      page.dispatch("pagehide", { persisted: true })
      yield* turn
      expect((yield* kept.state)._tag).toBe("Waiting")
      page.dispatch("pageshow", { persisted: true })
      yield* turn
      page.at(2).open()
      yield* turn
      expect((yield* kept.state)._tag).toBe("Open")
      page.at(2).end(1000)
    }))
})
