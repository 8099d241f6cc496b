/**
 * The chat's client. In: any `WebSocketClient` (of Node, a page or a test), and functions to call. Out: a way to send.
 * It knows neither page nor terminal, and reconnects after each drop.
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

/** Visits a room until the scope closes. Lines sent while there is no connection wait for the next one. */
export const make = (server: string, visitor: Visitor, told: Told) =>
  Effect.gen(function*() {
    let last: string | undefined = undefined
    // Runs for each attempt: if lines have ids, it says which came last.
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
