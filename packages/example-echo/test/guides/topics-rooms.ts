/** Clients that connect to /rooms/blue get what others say there. */
import * as Topics from "@effect-ws/platform/Topics"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const rooms = WebSocketServer.layer((connection) =>
  Effect.gen(function*() {
    const topics = yield* Topics.Topics
    const room = connection.opening.target.split("/").slice(1).join(".")
    yield* topics.subscribe(connection, room) // until the handler returns, or the connection ends
    yield* connection.send(`you are in ${room}`)
    yield* connection.run((message) => void topics.publishNow(room, message, { except: connection }))
  })
)

// In an application: NodeWebSocketServer.layer({ port: 8080 }) in place of WebSocketTest.layer().
const main = rooms.pipe(Layer.provide(Topics.layer()), Layer.provideMerge(WebSocketTest.layer()))

export const program = Effect.gen(function*() {
  const ann = yield* WebSocketClient.connect("ws://test/rooms/blue")
  const bob = yield* WebSocketClient.connect("ws://test/rooms/blue")
  const heard = [yield* ann.receive, yield* bob.receive]
  yield* ann.send("hello")
  return [...heard, yield* bob.receive]
}).pipe(Effect.scoped, Effect.provide(main))
