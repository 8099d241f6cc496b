import { Effect } from "effect"
import * as BrowserWebSocketClient from "effect-ws/BrowserWebSocketClient"
import { join } from "./client.js"

const find = <A extends Element>(selector: string): A => document.querySelector<A>(selector)!

const program = Effect.gen(function*() {
  const send = yield* join(
    ({ name, text }) => {
      const item = document.createElement("li")
      item.textContent = `${name}: ${text}`
      find("ol").append(item)
    },
    (state) => find("output").textContent = state
  )
  find("form").addEventListener("submit", (event) => {
    event.preventDefault()
    const text = find<HTMLInputElement>("#text")
    Effect.runFork(send({ name: find<HTMLInputElement>("#name").value, text: text.value }))
    text.value = ""
  })
  yield* Effect.never // for as long as the page is there
})

program.pipe(Effect.scoped, Effect.provide(BrowserWebSocketClient.layer()), Effect.runPromise)
