/** WebSockets over HTTP/2 and HTTP/1.1 on a server of yours, beside its own routes. */
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import * as Http2 from "node:http2"

export const attached = (tls: Http2.SecureServerOptions) =>
  Effect.gen(function*() {
    const http = Http2.createSecureServer({ ...tls, allowHTTP1: true, settings: { maxConcurrentStreams: 1000 } })
    const server = yield* NodeWebSocketServer.attach(http, { paths: ["/chat"] })
    yield* Effect.forkScoped(server.serve((connection) => connection.run((message) => connection.send(message))))
    yield* Effect.acquireRelease(
      Effect.promise(() => once(http.listen(0, "127.0.0.1"), "listening")),
      () => Effect.sync(() => http.close())
    )
    return `wss://localhost:${server.address._tag === "Tcp" ? server.address.port : 0}/chat`
  })
