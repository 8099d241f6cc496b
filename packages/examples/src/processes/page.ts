/**
 * Twelve clients of several processes, on one page: by which process each is served, and what it sees of a rolling restart.
 */
import type * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { element } from "../internal/element.js"
import * as Client from "./Client.js"

const server = `${location.origin.replace(/^http/, "ws")}/`

const client = Effect.gen(function*() {
  const { connection, keep } = yield* Client.make(server)
  const tile = makeTile()
  yield* Effect.forkScoped(Stream.runForEach(connection.states, (state) => Effect.sync(() => tile.state(state))))
  const id = crypto.randomUUID()
  let notes = 0
  const keepNext = Effect.gen(function*() {
    add("unanswered", 1)
    const by = yield* keep(`${id}-${notes++}`)
    add("unanswered", -1)
    add("answered", 1)
    tile.servedBy(by)
  })
  yield* Effect.repeat(keepNext, Schedule.spaced("200 millis"))
}).pipe(Effect.scoped)

const restart = Effect.scoped(Effect.asVoid(WebSocketClient.connect(`${server}restart`)))

const main = Effect.gen(function*() {
  const runtime = yield* Effect.runtime<WebSocketClient.WebSocketClient>()
  element("restart", HTMLButtonElement).addEventListener("click", () => {
    Effect.runFork(Effect.provide(Effect.ignore(restart), runtime))
  })
  yield* Effect.all(Array.from({ length: 12 }, () => client), { concurrency: "unbounded", discard: true })
})

// What is shown

const counts = { answered: 0, unanswered: 0, told: 0, others: 0 }

const add = (what: keyof typeof counts, by: number): void => {
  counts[what] += by
  element(what, HTMLElement).textContent = String(counts[what])
}

/** Each process has a color, until there are more than six. */
const shades = new Map<string, number>()

const makeTile = () => {
  const [item, process, state] = [
    document.createElement("li"),
    document.createElement("strong"),
    document.createElement("span")
  ]
  item.append(process, state)
  element("clients", HTMLUListElement).append(item)
  let told = 0
  const end = (after: Reconnecting.Ending<unknown>): void => {
    const remote = after._tag === "Ended" ? after.outcome.remote : undefined
    const isRestart = remote?._tag === "Status" && remote.code === 1012
    if (isRestart) told++
    add(isRestart ? "told" : "others", 1)
    delete item.dataset["shade"]
    process.textContent = "between two"
  }
  return {
    servedBy: (by: string): void => {
      const shade = shades.get(by) ?? shades.size % 6
      shades.set(by, shade)
      item.dataset["shade"] = String(shade)
      process.textContent = `process ${by}`
    },
    state: (now: Reconnecting.State<unknown>): void => {
      if (now._tag === "Waiting") end(now.after)
      state.textContent = `${now._tag === "Open" ? "open" : "coming back"}${told === 0 ? "" : `, told 1012: ${told}`}`
    }
  }
}

Effect.runFork(Effect.provide(main, BrowserWebSocketClient.layer()))
