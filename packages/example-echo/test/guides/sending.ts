/** A producer that is faster than its peer, in each of the ways to send. */
import { PreparedMessage } from "@effect-ws/connection/Message"
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const sender = (url: string) =>
  Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url)
    const told: Array<string> = []

    // Waits while the outbox is full. Start with this one.
    yield* connection.send("one")
    // Several messages in one write.
    yield* connection.sendAll(["two", "three"])
    // A Stream, no faster than the peer reads it.
    yield* Stream.run(Stream.make("four", "five"), connection.sink)

    // Now or not at all: "full" means that the message was not sent.
    told.push(connection.trySend("six"))

    // One message in pieces, of any size, in little memory.
    yield* connection.sendStream("text", Stream.make("se", "ven"))

    // One message for many connections, encoded once.
    const eight = new PreparedMessage("eight")
    yield* connection.send(eight)

    // Waits until everything has left. Only the peer can say what it did with it.
    yield* connection.flush
    told.push(`${connection.bufferedAmount} bytes wait`)

    // After a Close, sent or received, sending fails: nothing is lost in silence.
    yield* connection.close()
    const failure = yield* Effect.flip(connection.send("nine"))
    told.push(failure.message, connection.trySend("nine"))
    return told
  })

export const program = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1" })
  const heard: Array<string> = []
  yield* Effect.forkScoped(server.serve((connection) => connection.run((message) => void heard.push(String(message)))))
  const told = yield* sender(`ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}/`)

  return { told, heard }
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
