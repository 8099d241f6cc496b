/**
 * The chat in a terminal: each line that you write is said, and each that others say is written, until the end of the input.
 */
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { createInterface } from "node:readline"
import type { Event, Line, Visitor } from "./Messages.js"
import * as Visit from "./Visit.js"

export const chat = (server: string, visitor: Visitor, input: NodeJS.ReadableStream) =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime()
    const write = (text: string): void => Runtime.runSync(runtime)(Console.log(text))
    const { ending, say } = yield* Visit.make(server, visitor, {
      event: (event) => lines(event).forEach(write),
      state: (state) => {
        if (state._tag === "Waiting") write("* connection lost, trying again")
      }
    })
    const written = Stream.fromAsyncIterable(createInterface({ input }), String).pipe(
      Stream.filter((text) => text.trim() !== ""),
      Stream.runForEach(say)
    )
    yield* Effect.raceFirst(written, ending)
  }).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))

const lines = (event: Event): ReadonlyArray<string> => {
  switch (event._tag) {
    case "Welcome":
      return [...event.history.map(shown), `* here: ${event.people.join(", ")}`]
    case "Said":
      return [shown(event.line)]
    case "Came":
      return [`* ${event.name} came`]
    case "Left":
      return [`* ${event.name} left`]
    case "Here":
      return [`* here: ${event.people.join(", ")}`]
    case "Gone":
      return ["* what was said meanwhile is not kept any more"]
  }
}

/** A name and a text are another's: nothing that a terminal would obey may be in them. */
const shown = ({ name, text }: Line): string => `${name}: ${text}`.replace(/[\p{Cc}\p{Cf}]/gu, "·")
