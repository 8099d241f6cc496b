/**
 * The ticker on a page. What arrives between two frames of the screen is drawn once.
 */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { element } from "../internal/element.js"
import { type Price, type Update, updateAsText } from "./Messages.js"

const board = element("board", HTMLUListElement)
const pace = element("pace", HTMLSelectElement)

/** Follows until it is interrupted. */
const follow = (pace: string) =>
  Effect.gen(function*() {
    const url = new URL(`/?pace=${pace}`, location.href.replace(/^http/, "ws"))
    const connection = yield* Reconnecting.make(WebSocketClient.connect(url))
    yield* Effect.forkScoped(Stream.runForEach(connection.states, ({ _tag }) => Effect.sync(() => showState(_tag))))
    yield* connection.messages.pipe(
      Stream.mapEffect(Schema.decodeUnknown(updateAsText)),
      Stream.runForEach((update) => Effect.sync(() => receive(update)))
    )
  }).pipe(Effect.scoped, Effect.provide(BrowserWebSocketClient.layer()))

// What is received

const tiles = new Map<string, Tile>()
const count = { messages: 0, prices: 0, skipped: 0 }

const receive = ({ prices, skipped }: Update): void => {
  count.messages++
  count.prices += prices.length
  count.skipped += skipped
  for (const price of prices) {
    const tile = tiles.get(price.symbol) ?? makeTile(price)
    tile.values.push(price.value)
    if (tile.values.length > 60) tile.values.shift()
    tile.changed = true
  }
}

setInterval(() => {
  element("messages", HTMLElement).textContent = String(count.messages)
  element("prices", HTMLElement).textContent = String(count.prices)
  element("skipped", HTMLElement).textContent = String(count.skipped)
  Object.assign(count, { messages: 0, prices: 0, skipped: 0 })
}, 1000)

// What is shown

interface Tile {
  readonly item: HTMLLIElement
  readonly value: HTMLElement
  readonly line: SVGPolylineElement
  readonly values: Array<number>
  changed: boolean
}

const makeTile = ({ symbol }: Price): Tile => {
  const item = document.createElement("li")
  const [name, value] = [document.createElement("span"), document.createElement("strong")]
  name.textContent = symbol
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", "0 0 59 20")
  svg.setAttribute("preserveAspectRatio", "none")
  svg.ariaHidden = "true"
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline")
  svg.append(line)
  item.append(name, value, svg)
  board.append(item)
  const tile: Tile = { item, value, line, values: [], changed: false }
  tiles.set(symbol, tile)
  return tile
}

const draw = (): void => {
  for (const tile of tiles.values()) {
    const { item, line, value, values } = tile
    if (!tile.changed) continue
    tile.changed = false
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const last = values.at(-1) ?? 0
    item.dataset["trend"] = last >= (values.at(-2) ?? last) ? "up" : "down"
    value.textContent = last.toFixed(2)
    const y = (one: number): number => high === low ? 10 : 19 - 18 * (one - low) / (high - low)
    line.setAttribute("points", values.map((one, i) => `${60 - values.length + i},${y(one).toFixed(1)}`).join(" "))
  }
  requestAnimationFrame(draw)
}
requestAnimationFrame(draw)

const showState = (state: string): void => {
  const status = element("status", HTMLElement)
  status.dataset["state"] = state
  status.textContent = state === "Open" ? "Live" : "Connecting …"
}

// What the reader does

let following = Effect.runFork(follow(pace.value))
pace.addEventListener("change", () => {
  Effect.runFork(Fiber.interrupt(following))
  following = Effect.runFork(follow(pace.value))
})
