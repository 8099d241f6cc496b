/** The same, still with a `Socket`: ours. */
import * as Socket from "@effect/platform/Socket"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as Effect from "effect/Effect"

export const ask = (url: string, question: string) =>
  Effect.gen(function*() {
    const socket = yield* PlatformSocket.make(url, { subprotocols: ["chat"], openTimeout: "5 seconds" })
    const write = yield* socket.writer
    let answer = ""
    yield* socket.runRaw((message) => {
      answer = String(message)
      return write(new Socket.CloseEvent(1000, "thanks"))
    }, { onOpen: Effect.orDie(write(question)) })
    return answer
  }).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
