/** A server behind a reverse proxy on the same machine. It tells each client what it knows of it, and then echoes. */
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Behind a proxy that speaks HTTP: nginx, Apache, HAProxy or Caddy, with the lines of this page. */
export const behindHttp: NodeWebSocketServer.ServingOptions = {
  trustProxy: {
    from: ["127.0.0.1"], // the proxy; from anybody else these headers count for nothing
    headers: ["x-forwarded-host", "x-forwarded-for", "x-forwarded-proto"] // those that it sets in every request, and no others
  },
  limits: { keepaliveInterval: "20 seconds" } // the default, and well below the proxy's 60 seconds
}

/** Behind a proxy that passes on octets: stunnel, or HAProxy in TCP mode. */
export const behindTcp: Pick<NodeWebSocketServer.Options, "proxyProtocol"> = {
  proxyProtocol: { from: ["127.0.0.1"] }
}

export const serve = (options: typeof behindHttp | typeof behindTcp) =>
  Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.make({ host: "127.0.0.1", port: 0, ...options }) // in these proxies' lines, 8080
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
