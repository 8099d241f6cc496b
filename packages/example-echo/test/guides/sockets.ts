/** A `SocketServer` and a `Socket`, for code that asks for them: here, code that knows nothing of WebSockets. */
import * as Socket from "@effect/platform/Socket"
import * as SocketServer from "@effect/platform/SocketServer"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Greets until it receives "bye", which it answers with a Close. */
const greeter = Effect.flatMap(SocketServer.SocketServer, (server) =>
  server.run((socket) =>
    Effect.gen(function*() {
      const write = yield* socket.writer
      yield* socket.runRaw((message) =>
        write(message === "bye" ? new Socket.CloseEvent(4000, "see you") : `hello ${message}`)
      )
    }).pipe(Effect.scoped)
  ))

/** Running a socket again connects again. */
const visit = (name: string) =>
  Effect.gen(function*() {
    const socket = yield* Socket.Socket
    const write = yield* socket.writer // it exists before the connection does: writes wait for the connection
    let greeting = ""
    const end = yield* socket.runRaw((message) => {
      greeting = String(message)
      return write("bye")
    }, { onOpen: Effect.orDie(write(name)) }).pipe(
      Effect.catchIf(Socket.SocketCloseError.is, ({ closeReason, code }) => Effect.succeed(`${code} ${closeReason}`))
    )
    return [greeting, end]
  }).pipe(Effect.scoped)

const server = PlatformSocketServer.layer().pipe(
  Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" }))
)

/** The URL and the headers can be Effects, which run before each connection. */
let token = 0
const client = PlatformSocket.layer(
  Effect.map(SocketServer.SocketServer, ({ address }) => `ws://127.0.0.1:${"port" in address ? address.port : 0}/`),
  { headers: Effect.sync(() => ({ Authorization: `Bearer ${++token}` })) }
).pipe(Layer.provide(NodeWebSocketClient.layer()))

export const program = Effect.gen(function*() {
  yield* Effect.forkScoped(greeter)
  return [yield* visit("ada"), yield* visit("bob")]
}).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(client, server)))
