/** Messages that do not fit into memory: sent while they are made, and read while they arrive. */
import type { StreamedConnection } from "@effect-ws/connection/Connection"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Takes each message piece by piece, and says how long it was. `limits.maxMessageSize` does not apply. */
const measure = (connection: StreamedConnection) =>
  Stream.runForEach(connection.messageStreams, (message) =>
    Effect.gen(function*() {
      if (message.kind === "text") return yield* Stream.runDrain(message.payload)
      // Whoever reads slowly makes the sender wait: no more than `limits.inboxSize` is held here.
      const size = yield* Stream.runFold(message.payload, 0, (size, piece) => size + piece.length)
      yield* connection.send(`${size} bytes`)
    }))

/** 40 MiB in pieces of 64 KiB, made when there is room for them: a file would be `FileSystem.stream(path)`. */
const large = Stream.range(1, 640).pipe(Stream.map(() => new Uint8Array(65_536)), Stream.rechunk(1))

export const program = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", compression: false })
  yield* Effect.forkScoped(server.serve({ incoming: "streamed", handler: measure }))
  const url = `ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}`
  const connection = yield* WebSocketClient.connect(url)

  // One message, however many pieces. It waits while the peer is slow.
  yield* connection.sendStream("binary", large)
  return yield* connection.receive
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
