/**
 * What a port answers: a route of the framework, a WebSocket beside it, and what becomes of paths that neither of them has.
 */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { element } from "../internal/element.js"
import { serversAsText } from "./Sights.js"

const get = (path: string) =>
  Effect.promise(async () => {
    const response = await fetch(path)
    return { status: response.status, text: await response.text() }
  })

const webSocket = (path: string) => WebSocketClient.connect(new URL(path, location.href))

const routes = Effect.gen(function*() {
  const { text } = yield* get("/servers")
  for (const server of yield* Schema.decode(serversAsText)(text)) link(server)
  yield* ask
  const { status } = yield* get("/other")
  write("other-route", `${status}: the framework has no such route`)
})

const ask = Effect.map(get("/name"), ({ status, text }) => write("name", `${status}: ${text}`))

/** A page is not told the status: it is 404. */
const other = webSocket("/other").pipe(
  Effect.scoped,
  Effect.match({
    onFailure: ({ reason }) => write("other-socket", `${reason._tag}: refused, and a page is not told with what`),
    onSuccess: () => write("other-socket", "open")
  })
)

const chat = Effect.gen(function*() {
  const kept = yield* Reconnecting.make(webSocket("/chat"))
  const sent: Array<number> = []
  const send = element("send", HTMLButtonElement)
  element("say", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault()
    sent.push(performance.now())
    Effect.runFork(Effect.ignore(kept.send(element("text", HTMLInputElement).value)))
  })
  yield* Effect.forkScoped(Stream.runForEach(kept.states, ({ _tag }) =>
    Effect.sync(() => {
      if (_tag !== "Open") sent.length = 0 // what was under way is gone
      send.disabled = _tag !== "Open"
      element("chat", HTMLElement).dataset["state"] = _tag
      write("chat", _tag)
    })))
  yield* Stream.runForEach(
    kept.messages,
    (message) => Effect.sync(() => echoed(String(message), performance.now() - (sent.shift() ?? performance.now())))
  )
}).pipe(Effect.scoped)

// What is shown

const write = (id: string, text: string): void => {
  element(id, HTMLElement).textContent = text
}

const link = ({ name, url }: { readonly name: string; readonly url: string }): void => {
  const [item, anchor] = [document.createElement("li"), document.createElement("a")]
  const { port } = new URL(url)
  anchor.href = url
  anchor.textContent = `${name} :${port}`
  if (port === location.port) anchor.setAttribute("aria-current", "page")
  item.append(anchor)
  element("servers", HTMLUListElement).append(item)
}

const echoed = (text: string, took: number): void => {
  const [item, what, when] = [
    document.createElement("li"),
    document.createElement("b"),
    document.createElement("span")
  ]
  what.textContent = text
  when.textContent = `${took.toFixed(1)} ms`
  item.append(what, when)
  const echoes = element("echoes", HTMLOListElement)
  echoes.prepend(item)
  if (echoes.childElementCount > 5) echoes.lastElementChild?.remove()
}

element("ask", HTMLButtonElement).addEventListener("click", () => Effect.runFork(ask))

Effect.runFork(
  Effect.all([routes, other, chat], { concurrency: "unbounded" }).pipe(Effect.provide(BrowserWebSocketClient.layer()))
)
