/** One message and its answer, with `Socket.makeWebSocket`. */
import * as Socket from "@effect/platform/Socket"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Effect from "effect/Effect"

export const ask = (url: string, question: string) =>
  Effect.gen(function*() {
    const socket = yield* Socket.makeWebSocket(url, { protocols: "chat", openTimeout: "5 seconds" })
    const write = yield* socket.writer
    let answer = ""
    yield* socket.runRaw((message) => {
      answer = String(message)
      return write(new Socket.CloseEvent(1000, "thanks"))
    }, { onOpen: Effect.orDie(write(question)) })
    return answer
  }).pipe(Effect.scoped, Effect.provide(NodeSocket.layerWebSocketConstructor))
