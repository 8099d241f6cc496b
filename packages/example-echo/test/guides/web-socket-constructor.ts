/** `Socket.WebSocketConstructor`, for code that makes its own WebSockets, as browsers have them. */
import * as Socket from "@effect/platform/Socket"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Uses only what the WebSocket of every browser has. */
const ask = (open: (url: string, protocols: string) => WebSocket, url: string, question: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = open(url, "chat")
    let answer = ""
    socket.onopen = () => socket.send(question)
    socket.onmessage = ({ data }) => {
      answer = `${data} (${socket.protocol})`
      socket.close(1000, "thanks")
    }
    socket.onclose = ({ code, wasClean }) =>
      wasClean ? resolve(`${answer}, ${code}`) : reject(new Error(`closed with ${code}`))
  })

/** `Socket.makeWebSocket` asks for the constructor as well, and so do the DevTools, the event log and the cluster. */
const listen = (url: string) =>
  Effect.gen(function*() {
    const socket = yield* Socket.makeWebSocket(url, { protocols: "chat" })
    const write = yield* socket.writer
    let answer = ""
    yield* socket.runRaw((message) => {
      answer = String(message)
      return write(new Socket.CloseEvent(1000))
    }, { onOpen: Effect.orDie(write("anybody?")) })
    return answer
  }).pipe(Effect.scoped)

export const program = (url: string) =>
  Effect.gen(function*() {
    const open = yield* Socket.WebSocketConstructor
    return [yield* Effect.promise(() => ask(open, url, "hello")), yield* listen(url)]
  }).pipe(Effect.provide(
    NodeWebSocketConstructor.layer({ openTimeout: "5 seconds" }).pipe(Layer.provide(NodeWebSocketClient.layer()))
  ))
