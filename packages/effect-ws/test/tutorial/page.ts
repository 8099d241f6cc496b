import { Effect } from "effect"
import * as BrowserWebSocketClient from "effect-ws/BrowserWebSocketClient"
import { join } from "./client.js"

const find = <A extends Element>(selector: string): A => document.querySelector<A>(selector)!

const program = Effect.gen(function*() {
  const { ending, send } = yield* join(
    ({ name, text }) => {
      const item = document.createElement("li")
      item.textContent = `${name}: ${text}`
      find("ol").append(item)
    },
    (state) => find("output").textContent = state
  )
  find("form").addEventListener("submit", (event) => {
    event.preventDefault()
    const name = find<HTMLInputElement>("#name")
    const text = find<HTMLInputElement>("#text")
    const sent = Effect.sync(() => text.value = "")
    const failed = (error: Error) => Effect.sync(() => find("output").textContent = error.message)
    Effect.runFork(send({ name: name.value, text: text.value }).pipe(Effect.zipRight(sent), Effect.catchAll(failed)))
  })
  yield* ending // runs while the page is open, or until the server closes for good
})

program.pipe(Effect.scoped, Effect.provide(BrowserWebSocketClient.layer()), Effect.runPromise)
