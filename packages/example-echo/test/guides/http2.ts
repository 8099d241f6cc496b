/** A server that takes WebSockets over HTTP/2 and HTTP/1.1 on one port, and a client whose connections share one TCP connection. */
import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export const echo = (tls: { readonly key: string; readonly cert: string }) =>
  WebSocketServer.layer((connection) => connection.run((message) => connection.send(message))).pipe(
    Layer.provideMerge(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1", tls, http2: true }))
  )

/** Opens ten connections to one host, and returns what each receives. */
export const ten = (url: string, ca: string) =>
  Effect.gen(function*() {
    const client = yield* NodeWebSocketClient.make({ http2: "prefer", tls: { ca } })
    return yield* Effect.forEach(
      Array.from({ length: 10 }, (_, i) => `hello ${i}`),
      (text) =>
        Effect.gen(function*() {
          const connection = yield* client.connect(url)
          yield* connection.send(text)
          return yield* connection.receive
        }),
      { concurrency: "unbounded" }
    )
  })
