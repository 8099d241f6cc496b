/** A room that greets, and closes with 4000 a client that is silent for a minute. Its tests need no socket, and no minute. */
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import { Refusal, serve } from "@effect-ws/platform/WebSocketServer"
import * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"

// Your code: it asks for a WebSocketServer, and does not know which one.
const room = Layer.scopedDiscard(Effect.forkScoped(serve({
  accept: ({ query }) => {
    const name = query.get("name")
    return name === null
      ? Effect.fail(new Refusal({ status: 400, body: "who are you?" }))
      : Effect.succeed({ value: name })
  },
  handler: (connection, name) =>
    Effect.gen(function*() {
      yield* connection.send(`hello ${name}`)
      const next = Effect.timeoutFail(connection.receive, { duration: "1 minute", onTimeout: () => "silent" as const })
      yield* Effect.forever(Effect.flatMap(next, (message) => connection.send(`${name}: ${message}`)))
    }).pipe(Effect.catchAll((why) => why === "silent" ? connection.close(4000, why) : connection.outcome))
})))

// A server, a client, and the network between them. In an application: NodeWebSocketServer.layer({ port: 8080 }).
const inMemory = Layer.provideMerge(room, WebSocketTest.layer())

export const greets = Effect.scoped(Effect.gen(function*() {
  const ann = yield* WebSocketClient.connect("ws://test/?name=ann")
  const greeting = yield* ann.receive
  yield* ann.send("hi")
  return [greeting, yield* ann.receive]
})).pipe(Effect.provide(inMemory))

export const asksWho = Effect.scoped(Effect.gen(function*() {
  const { reason } = yield* Effect.flip(WebSocketClient.connect("ws://test/"))
  return reason._tag === "Refused" ? reason.status : reason._tag
})).pipe(Effect.provide(inMemory))

export const closesTheSilent = Effect.scoped(Effect.gen(function*() {
  const ann = yield* WebSocketClient.connect("ws://test/?name=ann")
  yield* ann.receive
  yield* TestClock.adjust("1 minute") // takes no time
  return yield* ann.outcome
})).pipe(Effect.provide(inMemory))

export const losesTheNetwork = Effect.scoped(Effect.gen(function*() {
  const network = yield* WebSocketTest.WebSocketTest
  const ann = yield* WebSocketClient.connect("ws://test/?name=ann")
  yield* network.down // and `network.resume` brings it back
  return yield* ann.outcome
})).pipe(Effect.provide(inMemory))
