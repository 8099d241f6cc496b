/** A room that passes on each message to the others. Text is checked, but neither decoded nor encoded. */
import type * as Connection from "@effect-ws/connection/Connection"
import { type ByteMessage, TextBytes } from "@effect-ws/connection/Message"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"

const room = Effect.gen(function*() {
  const present = new Set<Connection.Connection<ByteMessage>>()
  let size = 0
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  yield* Effect.forkScoped(server.serve({
    incoming: "bytes",
    handler: (connection) =>
      Effect.acquireUseRelease(
        Effect.sync(() => present.add(connection)),
        () =>
          connection.run((message) => {
            size += message instanceof TextBytes ? message.bytes.length : message.length
            // As it arrived: text as text, binary as binary.
            for (const other of present) if (other !== connection) other.trySend(message)
          }),
        () => Effect.sync(() => present.delete(connection))
      )
  }))
  const port = server.address._tag === "Tcp" ? server.address.port : 0
  return { url: `ws://127.0.0.1:${port}/`, size: Effect.sync(() => size) }
})

export const program = Effect.gen(function*() {
  const { size, url } = yield* room
  const listener = yield* WebSocketClient.connect(url)
  yield* listener.ping // now it is in the room

  const speaker = yield* WebSocketClient.connect(url, { incoming: "bytes" })
  yield* speaker.send("né") // a string, as ever
  yield* speaker.send(Uint8Array.of(1, 2, 3))

  // Bytes of your own are checked once, when they become text.
  const file = TextBytes.make(Uint8Array.of(0x6e, 0xc3, 0xa9))
  if (file !== undefined) yield* speaker.send(file)

  const heard = [yield* listener.receive, yield* listener.receive, yield* listener.receive]
  return { heard, size: yield* size }
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
