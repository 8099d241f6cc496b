/** A page that keeps a connection, and shows in its title what state that is in; or a Worker, whose page shows it. */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"

declare global {
  var hasComeBack: boolean
}

globalThis.hasComeBack = false
globalThis.addEventListener("pageshow", ({ persisted }) => {
  globalThis.hasComeBack = persisted
})

// A Worker of Chromium is not told by itself. In Firefox it hears of it twice, which does no harm.
globalThis.addEventListener("message", ({ data }) => {
  if (data === "online") globalThis.dispatchEvent(new Event("online"))
})

const show = (state: string): void => {
  if ("document" in globalThis) document.title = state
  else postMessage(state)
}

const main = Effect.scoped(Effect.gen(function*() {
  const { url }: { url: string } = yield* Effect.promise(() => fetch("/runs").then((response) => response.json()))
  // It would not try again by itself while the test lasts.
  const kept = yield* Reconnecting.make(WebSocketClient.connect(url), { schedule: Schedule.spaced("1 hour") })
  yield* Stream.runForEach(kept.states, ({ _tag }) => Effect.sync(() => show(_tag)))
}))

void Effect.runPromise(Effect.provide(main, BrowserWebSocketClient.layer()))
