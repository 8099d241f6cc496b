import { Effect, Stream } from "effect"
import * as Reconnecting from "effect-ws/Reconnecting"
import * as TypedConnection from "effect-ws/TypedConnection"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { Line } from "./messages.js"

/** Joins the chat, and joins again whenever the connection is lost. Returns a way to send, and how it ended for good. */
export const join = (hear: (line: Line) => void, show: (state: string) => void) =>
  Effect.gen(function*() {
    const connection = yield* Reconnecting.make(WebSocketClient.connect("ws://localhost:8080"))
    const states = connection.states.pipe(Stream.map((state) => state._tag), Stream.changes)
    yield* Effect.forkScoped(Stream.runForEach(states, (state) => Effect.sync(() => show(state))))
    const chat = TypedConnection.over(connection, { incoming: Line, outgoing: Line })
    yield* Effect.forkScoped(chat.run((line) => hear(line)))
    return { send: chat.send, ending: connection.ending }
  })
