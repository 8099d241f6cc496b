import { Effect, Layer } from "effect"
import { NodeWebSocketServer, Topics, TypedConnection, WebSocketServer } from "effect-ws"
import { Line } from "./messages.js"

// Runs once for each connection, until it ends.
const chat = WebSocketServer.layer((connection) =>
  Effect.gen(function*() {
    const topics = yield* Topics.Topics
    yield* topics.subscribe(connection, "lobby")
    const lobby = Topics.typed(topics, Line)
    const { run } = TypedConnection.make(connection, { incoming: Line, outgoing: Line, closeOnUnreadable: 1008 })
    yield* run((line) => lobby.publish("lobby", line))
  })
)

// A browser sends the origin of its page. Pages of other origins are refused with 403.
const server = NodeWebSocketServer.layer({
  port: 8080,
  origins: ["http://localhost:8000", "http://127.0.0.1:8000"]
})

chat.pipe(
  Layer.provide([Topics.layer(), WebSocketServer.withLogAddress(server)]),
  Layer.launch,
  Effect.runPromise
)
