/** The `WebSocket` class of browsers, for libraries that take a class. The code here knows nothing about Effect. */
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as Effect from "effect/Effect"

class Asker {
  constructor(private readonly options: { readonly webSocketImpl: typeof WebSocket }) {}

  ask(url: URL, question: string) {
    return new Promise<string>((resolve, reject) => {
      const socket = new this.options.webSocketImpl(url, ["chat"])
      socket.addEventListener("open", () => socket.send(question), { once: true })
      socket.onmessage = ({ data }) => {
        socket.close(3000)
        resolve(`${data} from ${socket.url}`)
      }
      socket.onerror = () => reject(new Error("no answer"))
    })
  }
}

export const program = (url: string) =>
  Effect.gen(function*() {
    const webSocketImpl = yield* NodeWebSocketConstructor.makeClass()
    const asker = new Asker({ webSocketImpl })
    return yield* Effect.promise(() => asker.ask(new URL(url), "hello"))
  }).pipe(Effect.scoped, Effect.provide(NodeWebSocketClient.layer()))
