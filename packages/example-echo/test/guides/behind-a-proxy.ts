/** A server behind a reverse proxy on the same machine. It tells each client what it knows about it, and then echoes. */
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Behind a proxy that speaks HTTP: nginx, Apache, HAProxy or Caddy, configured as on this page. */
export const behindHttp: NodeWebSocketServer.ServingOptions = {
  trustProxy: {
    from: ["127.0.0.1"], // the proxy; these headers are ignored when anybody else sends them
    headers: ["x-forwarded-host", "x-forwarded-for", "x-forwarded-proto"] // only those that the proxy sets in every request
  },
  limits: { keepaliveInterval: "20 seconds" } // the default, and well below the proxy's 60 seconds
}

/** Behind a proxy that passes on bytes: stunnel, or HAProxy in TCP mode. */
export const behindTcp: Pick<NodeWebSocketServer.Options, "proxyProtocol"> = {
  proxyProtocol: { from: ["127.0.0.1"] }
}

export const serve = (options: typeof behindHttp | typeof behindTcp) =>
  Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.make({ host: "127.0.0.1", port: 0, ...options }) // 8080 in the proxy configurations of this page
    yield* Effect.forkScoped(server.serve({
      accept: ({ host, remoteAddress, secure }) =>
        Effect.succeed({
          value: `${Option.getOrElse(remoteAddress, () => "somebody")} asks ${host}, secure: ${secure}`
        }),
      handler: (connection, told) =>
        Effect.zipRight(connection.send(told), connection.run((message) => connection.send(message)))
    }))
    return server.address
  })
