/** The same, with a connection. */
import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"

export const ask = (url: string, question: string) =>
  Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url, { subprotocols: ["chat"], openTimeout: "5 seconds" })
    yield* connection.send(question)
    const answer = yield* connection.receive
    yield* connection.close(1000, "thanks")
    return String(answer)
  }).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
