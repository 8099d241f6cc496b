/** The ticker, in memory: what the slow miss, and that nobody misses the latest. */
import { describe, expect, it } from "@effect/vitest"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { updateAsText } from "../src/ticker/Messages.js"
import * as Ticker from "../src/ticker/Ticker.js"

const follow = (pace: string) =>
  Effect.map(WebSocketClient.connect(`ws://test/?pace=${pace}`), (connection) => ({
    connection,
    next: Effect.flatMap(connection.receive, Schema.decodeUnknown(updateAsText))
  }))

const started = Effect.gen(function*() {
  const { publish, serve } = Ticker.make()
  yield* Effect.forkScoped(Effect.provideService(serve, WebSocketServer, yield* WebSocketServer))
  return publish
})

describe("ticker", () => {
  it.scoped("tells all prices first, and then those that change", () =>
    Effect.gen(function*() {
      const publish = yield* started
      publish({ symbol: "A", value: 1 })
      publish({ symbol: "B", value: 1 })
      const { next } = yield* follow("0")
      expect(yield* next).toEqual({ prices: [{ symbol: "A", value: 1 }, { symbol: "B", value: 1 }], skipped: 0 })
      yield* TestClock.adjust("1 millis")
      publish({ symbol: "B", value: 2 })
      expect(yield* next).toEqual({ prices: [{ symbol: "B", value: 2 }], skipped: 0 })
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("has the latest of each replace those before, at the pace of the client", () =>
    Effect.gen(function*() {
      const publish = yield* started
      publish({ symbol: "A", value: 0 })
      const { next } = yield* follow("1000")
      yield* next
      for (let value = 1; value <= 100; value++) {
        publish({ symbol: "A", value })
        publish({ symbol: "B", value: -value })
      }
      yield* TestClock.adjust("1 second")
      expect(yield* next).toEqual({ prices: [{ symbol: "A", value: 100 }, { symbol: "B", value: -100 }], skipped: 198 })
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("sends nothing to one that takes nothing, and then the latest; the others do not wait", () =>
    Effect.gen(function*() {
      const publish = yield* started
      const network = yield* WebSocketTest.WebSocketTest
      const slow = yield* follow("0")
      yield* Effect.flatMap(network.links, ([link]) => link?.stall ?? Effect.void)
      const fast = yield* follow("0")
      let heard = 0
      for (let value = 1; value <= 200; value++) {
        publish({ symbol: "A", value })
        heard += (yield* fast.next).prices.length
        yield* TestClock.adjust("1 millis")
      }
      expect(heard).toBe(200)
      yield* Effect.flatMap(network.links, ([link]) => link?.resume ?? Effect.void)
      let [messages, last] = [0, 0]
      while (last < 200) {
        last = (yield* slow.next).prices[0]?.value ?? 0
        messages++
      }
      expect(messages).toBeLessThan(10)
    }).pipe(Effect.provide(WebSocketTest.layer())))

  it.scoped("refuses a pace that is none", () =>
    Effect.gen(function*() {
      yield* started
      const { reason } = yield* Effect.flip(WebSocketClient.connect("ws://test/?pace=soon"))
      expect(reason).toMatchObject({ _tag: "Refused", status: 400 })
    }).pipe(Effect.provide(WebSocketTest.layer())))
})
