/**
 * RPC on a page: a stream and calls that outlive restarts of the server, and what of that their callers see.
 */
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { element } from "../internal/element.js"
import * as Caller from "./Caller.js"
import type { Counted } from "./Requests.js"

const numbers = element("numbers", HTMLOListElement)

const main = Effect.gen(function*() {
  const { count, restart, work } = yield* Caller.make(location.origin.replace(/^http/, "ws"))
  element("restart", HTMLButtonElement).addEventListener("click", () => Effect.runFork(Effect.ignore(restart)))
  element("work", HTMLButtonElement).addEventListener("click", () => {
    const id = crypto.randomUUID()
    const call = show(id)
    Effect.runFork(Effect.map(work(id, call.failed), ({ run }) => call.done(run)))
  })
  yield* Stream.runForEach(count(broken), (counted) => Effect.sync(() => receive(counted)))
}).pipe(Effect.scoped, Effect.provide(BrowserWebSocketClient.layer()))

// The stream

let [expected, missing, breaks] = [0, 0, 0]

const receive = ({ number, run }: Counted): void => {
  missing += number - expected
  expected = number + 1
  const square = document.createElement("li")
  square.dataset["shade"] = String((run - 1) % 4)
  numbers.append(square)
  if (numbers.childElementCount > 150) numbers.firstElementChild?.remove()
  text("last", number)
  text("missing", missing)
  text("run", run)
  status("Open", "Connected")
}

const broken = (): void => {
  if (element("status", HTMLElement).dataset["state"] === "Open") text("broken", ++breaks)
  status("Waiting", "The server is away")
}

// The calls

const show = (id: string) => {
  const [item, name, state] = [
    document.createElement("li"),
    document.createElement("code"),
    document.createElement("span")
  ]
  name.textContent = id.slice(0, 8)
  item.append(name, state)
  const calls = element("calls", HTMLUListElement)
  calls.prepend(item)
  if (calls.childElementCount > 20) calls.lastElementChild?.remove()
  let failures = 0
  state.textContent = "under way"
  return {
    failed: ({ _tag }: { readonly _tag: string }): void => {
      failures++
      state.textContent = `${_tag}, made again`
    },
    done: (run: number): void => {
      item.dataset["state"] = "done"
      state.textContent = `done by run ${run}${failures === 0 ? "" : ", made again after it failed"}`
    }
  }
}

const text = (id: string, value: number): void => {
  element(id, HTMLElement).textContent = String(value)
}

const status = (state: string, says: string): void => {
  const shown = element("status", HTMLElement)
  if (shown.textContent === says) return
  shown.dataset["state"] = state
  shown.textContent = says
}

Effect.runFork(main)
