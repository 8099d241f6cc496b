/** A client that survives restarts of its server, with a fresh token for each attempt. */
import * as Reconnecting from "@effect-ws/platform/Reconnecting"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import { Refusal } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"

/** Answers one message of each connection, and then closes with 1012 (service restart). */
const server = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve({
    accept: ({ url }) => url.startsWith("/?token=") ? Effect.succeed({ value: url }) : new Refusal({ status: 401 }),
    handler: (connection, url) =>
      Effect.gen(function*() {
        yield* connection.send(`${yield* connection.receive} with ${url}`)
        yield* connection.close(1012, "restarting")
      })
  }))
  return server.address._tag === "Tcp" ? server.address.port : 0
})

export const program = Effect.gen(function*() {
  const port = yield* server
  const tokens = yield* Ref.make(0)

  // Runs for each attempt. Put in here what must be fresh, and what must be sent first.
  const connect = Effect.gen(function*() {
    const token = yield* Ref.updateAndGet(tokens, (n) => n + 1)
    return yield* WebSocketClient.connect(`ws://127.0.0.1:${port}/?token=${token}`)
  })

  const connection = yield* Reconnecting.make(connect, {
    schedule: Schedule.spaced("20 millis"), // the default is exponential and jittered, up to 30 seconds
    whileDown: "wait" // or "fail", or "drop"
  })

  const states = yield* Effect.fork(Stream.runCollect(Stream.map(connection.states, ({ _tag }) => _tag)))

  yield* connection.send("one")
  const first = yield* connection.receive
  yield* connection.send("two") // waits for the next connection if there is none
  const second = yield* connection.receive

  yield* connection.close()
  return { messages: [first, second], states: [...yield* states] }
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
