/** A text to all connections of a set. Nobody waits for a slow one; only those that are full get a fiber. */
import type { Connection } from "@effect-ws/connection/Connection"
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import { serve } from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"

const sendToAll = (connections: Iterable<Connection>, text: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const message = new PreparedMessage(text)
    const full = Array.from(connections).filter((connection) => connection.trySend(message) === "full")
    return Effect.forEach(full, (connection) => Effect.ignore(connection.send(message)), {
      concurrency: "unbounded",
      discard: true
    })
  })

export const program = Effect.gen(function*() {
  const audience = new Set<Connection>()
  yield* Effect.forkScoped(serve((connection) => {
    audience.add(connection)
    return Effect.zipRight(connection.send("welcome"), connection.outcome)
  }))
  const [ann, bob] = [yield* WebSocketClient.connect("ws://test/"), yield* WebSocketClient.connect("ws://test/")]
  yield* Effect.all([ann.receive, bob.receive])
  yield* sendToAll(audience, "news")
  return yield* Effect.all([ann.receive, bob.receive])
}).pipe(Effect.scoped, Effect.provide(WebSocketTest.layer()))
