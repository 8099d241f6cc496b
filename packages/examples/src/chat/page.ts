/**
 * The chat on a page: shows what `Visit` tells. Whatever others wrote is set as text.
 */
import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { element } from "../internal/element.js"
import type { Event, Line, Visitor } from "./Messages.js"
import * as Visit from "./Visit.js"

const door = element("door", HTMLFormElement)
const place = element("place", HTMLElement)
const log = element("log", HTMLOListElement)
const text = element("text", HTMLInputElement)

/** What is written, until it can be sent. */
const written = Effect.runSync(Queue.unbounded<string>())

const visit = (visitor: Visitor) =>
  Effect.gen(function*() {
    const { ending, say } = yield* Visit.make(`${location.origin.replace(/^http/, "ws")}/`, visitor, { event, state })
    yield* Effect.raceFirst(Stream.runForEach(Stream.fromQueue(written), say), ending)
  }).pipe(Effect.scoped, Effect.provide(BrowserWebSocketClient.layer()))

// What is told

const event = (event: Event): void => {
  switch (event._tag) {
    case "Welcome":
      log.replaceChildren(...event.history.map(row))
      return people(event.people)
    case "Said":
      return add(row(event.line))
    case "Came":
    case "Left":
      add(note(`${event.name} ${event._tag === "Came" ? "came" : "left"}`))
      return people(event.people)
    case "Here":
      element("status", HTMLElement).textContent = `On ${event.server}`
      return people(event.people)
    case "Gone":
      return add(note("what was said meanwhile is not kept any more"))
  }
}

const state = ({ _tag }: Visit.State): void => {
  const status = element("status", HTMLElement)
  status.dataset["state"] = _tag
  status.textContent = states[_tag]
}

const states: Record<Visit.State["_tag"], string> = {
  Connecting: "Connecting …",
  Open: "Connected",
  Waiting: "Offline: what you write is sent later",
  Closed: "Closed"
}

// What is shown

const part = (name: string, says: string, kind = "span"): HTMLElement => {
  const made = document.createElement(kind)
  made.className = name
  made.textContent = says
  return made
}

const row = ({ at, name, text }: Line): HTMLElement => {
  const made = part(name === element("name", HTMLInputElement).value ? "line mine" : "line", "", "li")
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
  made.append(part("name", name), part("time", time), part("text", text))
  return made
}

const note = (says: string): HTMLElement => part("note", says, "li")

/** Stays at the end, unless the reader has scrolled up. */
const add = (item: HTMLElement): void => {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
  log.append(item)
  if (log.childElementCount > 500) log.firstElementChild?.remove()
  if (atEnd) log.scrollTop = log.scrollHeight
}

const people = (names: ReadonlyArray<string>): void => {
  element("people", HTMLUListElement).replaceChildren(...names.map((name) => part("person", name, "li")))
  log.scrollTop = log.scrollHeight
}

// What the reader does

door.addEventListener("submit", (event) => {
  event.preventDefault()
  const visitor = {
    room: element("room", HTMLInputElement).value.trim(),
    name: element("name", HTMLInputElement).value.trim()
  }
  if (visitor.room === "" || visitor.name === "") return
  element("name", HTMLInputElement).value = visitor.name
  element("title", HTMLElement).textContent = visitor.room
  door.hidden = true
  place.hidden = false
  text.focus()
  const visiting = Effect.runFork(visit(visitor))
  const leave = (): void => void Effect.runFork(Fiber.interrupt(visiting))
  element("leave", HTMLButtonElement).addEventListener("click", leave, { once: true })
  visiting.addObserver(() => {
    place.hidden = true
    door.hidden = false
    element("room", HTMLInputElement).focus()
  })
})

element("say", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault()
  if (text.value.trim() === "") return
  Queue.unsafeOffer(written, text.value)
  text.value = ""
})
