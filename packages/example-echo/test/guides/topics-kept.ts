/** A feed that keeps what it published, and a client that comes back and gets what it missed. */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as Topics from "@effect-ws/platform/Topics"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"

const topics = Topics.layer({ keep: { topics: ["prices.>"], last: 1000, for: "1 hour" } })

/** A client names the last message that it has: `?after=`. */
const feed = WebSocketServer.layer({
  accept: ({ query }) => Effect.succeed({ value: query.get("after") }),
  handler: (connection, after) =>
    Effect.gen(function*() {
      const topics = yield* Topics.Topics
      yield* topics.subscribe(connection, "prices.EUR", { from: after === null ? "now" : { after } })
      yield* connection.outcome
    })
})

const follow = (url: string, show: (text: string) => void) =>
  Effect.gen(function*() {
    let last: string | undefined = undefined
    // Runs anew for each attempt, with the last id that arrived.
    const connect = Effect.suspend(() =>
      WebSocketClient.connect(last === undefined ? url : `${url}?after=${encodeURIComponent(last)}`)
    )
    const connection = yield* Reconnecting.make(connect)
    const typed = TypedConnection.over(connection, { incoming: Topics.KeptMessage, outgoing: Schema.String })
    yield* typed.run((message) => {
      if ("gone" in message) return show("some messages are gone")
      last = message.id
      if ("message" in message) show(message.message)
    })
  })

export const program = Effect.gen(function*() {
  const { publish, subscribers } = yield* Topics.Topics
  const network = yield* WebSocketTest.WebSocketTest
  const shown = yield* Queue.unbounded<string>()
  yield* Effect.forkScoped(follow("ws://test/", (text) => void Queue.unsafeOffer(shown, text)))
  yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => subscribers("prices.EUR") === 1 })

  yield* publish("prices.EUR", "1.08")
  const first = yield* Queue.take(shown)
  yield* network.down // the client does not hear these
  yield* publish("prices.EUR", "1.09")
  yield* publish("prices.EUR", "1.10")
  yield* network.resume // it comes back by itself
  return [first, yield* Queue.take(shown), yield* Queue.take(shown)]
}).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(feed, Layer.merge(topics, WebSocketTest.layer()))))
