/** What `effect-ws load` measures, of connections in memory. */
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { measure, type Work } from "../src/load/load.js"

const work: Work = {
  url: "ws://test/",
  connections: 2,
  opening: 10,
  duration: 0.99,
  size: 10,
  inFlight: 4,
  rate: Option.some(20),
  binary: false
}

const echo = WebSocketServer.layer((connection) => connection.run((message) => connection.send(message))).pipe(
  Layer.provideMerge(WebSocketTest.layer())
)

describe("a load", () => {
  it.scoped("counts answers, and how long they took from when they were due", () =>
    Effect.gen(function*() {
      const measuring = yield* Effect.fork(measure(work, {}))
      yield* TestClock.adjust("1 second")
      const { failures, opened, seconds, times } = yield* Fiber.join(measuring)
      expect({ opened, seconds, failures: failures.size }).toEqual({ opened: 2, seconds: 0.99, failures: 0 })
      expect(times.count).toBe(20)
      expect(times.max).toBe(0)
    }).pipe(Effect.provide(echo)))

  it.scoped("does not count the time that a peer takes for its Close", () =>
    Effect.gen(function*() {
      const measuring = yield* Effect.fork(measure(work, {}))
      yield* TestClock.adjust("980 millis")
      yield* (yield* WebSocketTest.WebSocketTest).stall
      yield* TestClock.adjust("1 minute")
      const { opened, seconds } = yield* Fiber.join(measuring)
      expect({ opened, seconds }).toEqual({ opened: 2, seconds: 0.99 })
    }).pipe(Effect.provide(echo)))

  it.scoped("of a URL that nothing can connect to is a wrong command line, said once", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(measure({ ...work, url: "http//nowhere" }, {}))
      expect([error._tag, error.message.includes("http//nowhere")]).toEqual(["Unusable", true])
    }).pipe(Effect.provide(echo)))
})
