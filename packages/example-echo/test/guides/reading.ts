/** The same four messages, read in each of the four ways. */
import type { Connection } from "@effect-ws/connection/Connection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** A function for each message. If it returns an Effect, the next message waits for that Effect. */
const withRun = (connection: Connection) =>
  Effect.gen(function*() {
    const seen: Array<string> = []
    yield* connection.run((message) => {
      seen.push(String(message))
    })
    return seen
  })

/** One message at a time, for a program that is a conversation. */
const withReceive = (connection: Connection) =>
  Effect.gen(function*() {
    const first = yield* connection.receive
    const second = yield* connection.receive
    return [`${first} and ${second}`, ...(yield* withMessages(connection))]
  })

/** A Stream: it completes after a normal close, and fails with the reason after any other end. */
const withMessages = (connection: Connection) =>
  connection.messages.pipe(Stream.map(String), Stream.runCollect, Effect.map((all) => Array.from(all)))

/** All messages that have arrived, as a batch, without a Stream. */
const withPull = (connection: Connection) =>
  Effect.gen(function*() {
    const { pull } = yield* connection.reader
    const seen: Array<string> = []
    const batch = Effect.map(pull, (messages) => void seen.push(...messages.map(String)))
    yield* Effect.catchTag(Effect.forever(batch), "EndOfMessages", () => Effect.void)
    return seen
  })

export const program = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve((connection) => connection.sendAll(["one", "two", "three", "four"])))
  const url = `ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}/`
  const connected = WebSocketClient.connect(url)
  return yield* Effect.all({
    run: Effect.scoped(Effect.flatMap(connected, withRun)),
    receive: Effect.scoped(Effect.flatMap(connected, withReceive)),
    messages: Effect.scoped(Effect.flatMap(connected, withMessages)),
    pull: Effect.scoped(Effect.flatMap(connected, withPull))
  })
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
