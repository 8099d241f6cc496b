/** Everybody in a room is told who is there, and who is typing. */
import * as Presence from "@effect-ws/platform/Presence"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const Visitor = Schema.parseJson(Schema.Struct({ name: Schema.String, typing: Schema.Boolean }))

/** One `Presence` for the process. */
const room = Layer.unwrapScoped(Effect.map(Presence.make({ state: Visitor }), (presence) =>
  WebSocketServer.layer({
    accept: ({ query }) => Effect.succeed({ value: query.get("name") ?? "somebody" }),
    handler: (connection, name) =>
      Effect.gen(function*() {
        const me = yield* presence.track("room.blue", { name, typing: false }) // until the handler returns
        yield* Effect.forkScoped(
          Stream.runForEach(presence.changes("room.blue"), (members) =>
            connection.send(
              members.map(({ state }) => state.typing ? `${state.name} (typing)` : state.name).join(", ")
            ))
        )
        yield* connection.run(() => me.update({ name, typing: true }))
      })
  })))

export const program = Effect.gen(function*() {
  const ann = yield* WebSocketClient.connect("ws://test/?name=ann")
  const told = [yield* ann.receive]
  const bob = yield* WebSocketClient.connect("ws://test/?name=bob")
  told.push(String(yield* ann.receive))
  yield* bob.send("h")
  told.push(String(yield* ann.receive))
  return told
}).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(room, WebSocketTest.layer())))
