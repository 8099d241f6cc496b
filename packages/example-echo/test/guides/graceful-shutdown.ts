/** A server that says goodbye. In your program, run `NodeRuntime.runMain(Layer.launch(app))`: then Ctrl-C shuts it down. */
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

/** A handler can send a last message: its finalizers run before the Close. */
const handler = WebSocketServer.layer((connection) =>
  Effect.onInterrupt(connection.run(() => {}), () => Effect.ignore(connection.send("see you")))
)

export const program = Effect.gen(function*() {
  const ready = yield* Deferred.make<number>()
  const listening = Layer.effectDiscard(
    Effect.flatMap(
      WebSocketServer.WebSocketServer,
      ({ address }) => Deferred.succeed(ready, address._tag === "Tcp" ? address.port : 0)
    )
  )

  const app = Layer.merge(handler, listening).pipe(
    Layer.provide(NodeWebSocketServer.layer({
      port: 0,
      host: "127.0.0.1",
      grace: "2 seconds" // for handlers and closing handshakes; then the rest is cut. Default 3 seconds.
    }))
  )

  const server = yield* Scope.make()
  yield* Layer.buildWithScope(app, server)

  const connection = yield* WebSocketClient.connect(`ws://127.0.0.1:${yield* Deferred.await(ready)}/`)

  // What interrupting `Layer.launch(app)` does: accept no more connections, close all with 1001, wait for `grace`, and end.
  const closing = yield* Effect.fork(Scope.close(server, Exit.void))
  const last = yield* connection.receive
  const outcome = yield* connection.outcome
  yield* closing
  return { last, outcome }
}).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
