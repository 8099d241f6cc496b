/**
 * A silent connection to the server by each way, what the server sees of it, and how long it lives.
 */
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { element } from "../internal/element.js"
import { type Seen, seenAsText, type Ways, waysAsText } from "./Seen.js"

const ways = Effect.gen(function*() {
  const connection = yield* WebSocketClient.connect(`${location.origin.replace(/^http/, "ws")}/ways`)
  return yield* Effect.flatMap(connection.receive, Schema.decodeUnknown(waysAsText))
}).pipe(Effect.scoped)

/** Lives until the connection ends. */
const live = (way: Ways[number]) =>
  Effect.gen(function*() {
    const card = makeCard(way)
    const connection = yield* Effect.tapError(WebSocketClient.connect(way.url), (error) =>
      Effect.sync(() => card.ended(error.message)))
    card.opened(yield* Effect.flatMap(connection.receive, Schema.decodeUnknown(seenAsText)))
    card.ended((yield* connection.outcome)._tag)
  }).pipe(Effect.scoped, Effect.ignore)

const main = Effect.flatMap(ways, Effect.forEach(live, { concurrency: "unbounded" }))

// What is shown

const makeCard = ({ name, url }: Ways[number]) => {
  const [item, title, address, status, facts] = [
    document.createElement("li"),
    document.createElement("h2"),
    document.createElement("code"),
    document.createElement("p"),
    document.createElement("dl")
  ]
  item.className = "card"
  item.dataset["way"] = name
  title.textContent = name
  address.textContent = url
  status.className = "status"
  status.textContent = "Connecting …"
  item.append(title, address, status, facts)
  element("ways", HTMLUListElement).append(item)
  let clock = 0
  const show = (state: string, says: string): void => {
    status.dataset["state"] = state
    status.textContent = says
  }
  return {
    opened: ({ address, host, secure }: Seen): void => {
      const since = Date.now()
      const tick = (): void => show("Open", `silent for ${Math.round((Date.now() - since) / 1000)} s, and open`)
      for (const [term, says] of [["client", address], ["host", host], ["secure", String(secure)]] as const) {
        const [dt, dd] = [document.createElement("dt"), document.createElement("dd")]
        dt.textContent = term
        dd.textContent = says
        facts.append(dt, dd)
      }
      tick()
      clock = window.setInterval(tick, 1000)
    },
    ended: (how: string): void => {
      clearInterval(clock)
      show("Closed", how)
    }
  }
}

Effect.runFork(Effect.provide(main, BrowserWebSocketClient.layer()))
