/** A page that follows prices. It survives restarts of the server, sleep of the machine, and the back/forward cache. */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** It does not touch the page: `show` and `showState` do. */
const program = (
  url: string,
  show: (price: string) => void,
  showState: (state: string) => void
) =>
  Effect.scoped(Effect.gen(function*() {
    // A page cannot set headers. The browser sends cookies, and a token can be part of the first message.
    const prices = yield* Reconnecting.make(Effect.gen(function*() {
      const connection = yield* WebSocketClient.connect(url)
      yield* connection.send("subscribe EUR/USD")
      return connection
    }))
    yield* Effect.forkScoped(Stream.runForEach(prices.states, ({ _tag }) => Effect.sync(() => showState(_tag))))
    yield* Stream.runForEach(prices.messages, (message) => Effect.sync(() => show(String(message))))
  }))

/** On a page you leave out `options`: the page has a WebSocket. */
export const follow = (
  url: string,
  show: (price: string) => void,
  showState: (state: string) => void,
  options?: BrowserWebSocketClient.Options
) => Effect.provide(program(url, show, showState), BrowserWebSocketClient.layer(options))
