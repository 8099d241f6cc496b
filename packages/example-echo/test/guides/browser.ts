/** A page that follows prices, through restarts of the server, the sleep of the machine and the back/forward cache. */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** It knows no page: `show` and `showState` write to one. */
const program = (
  url: string,
  show: (price: string) => void,
  showState: (state: string) => void
) =>
  Effect.scoped(Effect.gen(function*() {
    // A page sends no headers of its own: cookies go along, and a token may be part of the first message.
    const prices = yield* Reconnecting.make(Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect(url)
      yield* connection.send("subscribe EUR/USD")
      return connection
    }))
    yield* Effect.forkScoped(Stream.runForEach(prices.states, ({ _tag }) => Effect.sync(() => showState(_tag))))
    yield* Stream.runForEach(prices.messages, (message) => Effect.sync(() => show(String(message))))
  }))

/** On a page `options` are left out: it has a WebSocket. */
export const follow = (
  url: string,
  show: (price: string) => void,
  showState: (state: string) => void,
  options?: BrowserWebSocketClient.Options
) => Effect.provide(program(url, show, showState), BrowserWebSocketClient.layer(options))
