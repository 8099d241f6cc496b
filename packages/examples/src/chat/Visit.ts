/**
 * The chat's client. In: a `WebSocketClient`, whichever it is (of Node, of a page, of a test), and who is told. Out: a way to speak.
 * It knows neither page nor terminal, and is there again after each drop.
 */
import type * as HandshakeError from "@effect-ws/platform/HandshakeError"
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as TypedConnection from "@effect-ws/platform/TypedConnection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Event, eventAsText, sayAsText, type Visitor } from "./Messages.js"

export type State = Reconnecting.State<HandshakeError.HandshakeError>

export interface Told {
  readonly event: (event: Event) => void
  readonly state: (state: State) => void
}

/** Visits a room until the scope closes. What is said while there is no connection is sent when there is one. */
export const make = (server: string, visitor: Visitor, told: Told) =>
  Effect.gen(function*() {
    let last: string | undefined = undefined
    // Anew for each attempt: where lines have ids, it says which came last.
    const connect = Effect.suspend(() => {
      const query = last === undefined ? { ...visitor } : { ...visitor, after: last }
      return WebSocketClient.connect(`${server}?${new URLSearchParams(query)}`)
    })
    const connection = yield* Reconnecting.make(connect)
    yield* Effect.forkScoped(Stream.runForEach(connection.states, (state) => Effect.sync(() => told.state(state))))
    const room = TypedConnection.over(connection, { incoming: eventAsText, outgoing: sayAsText })
    yield* Effect.forkScoped(room.run((event) => {
      if (event._tag === "Said") last = event.id
      told.event(event)
    }))
    const say = (text: string) => room.send({ _tag: "Say", text: text.trim() })
    return { say, ending: connection.ending }
  })
