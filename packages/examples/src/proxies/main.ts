/**
 * One server, reached through nginx, through HAProxy, and directly, with a page that connects in each way. It tells each client what it sees
 * of it. A proxy that is not installed is left out.
 */
import type * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Site from "../site/Site.js"
import * as Proxy from "./Proxy.js"
import { seenAsText, type Ways, waysAsText } from "./Seen.js"

/** What a server has to know about the proxies in front of it. */
const webSockets = (pages: ReadonlyArray<string>): NodeWebSocketServer.AttachOptions => ({
  trustProxy: {
    from: ["127.0.0.1"], // the proxies; these headers are ignored when anybody else sends them
    headers: ["x-forwarded-host", "x-forwarded-for", "x-forwarded-proto"] // only those that both set in every request
  },
  origins: pages, // the page connects through each of them
  limits: { keepaliveInterval: "2 seconds" } // well below the proxies' 5 seconds
})

/** Returns the URL of the page, the ways to the server, and the proxies that are not installed. */
export const start = (port: number) =>
  Effect.gen(function*() {
    const ports = yield* port === 0
      ? Effect.replicateEffect(Proxy.freePort(0), 3)
      : Effect.succeed([port, port + 1, port + 2])
    const [direct = 0, ...others] = ports
    const { url, webSockets: server } = yield* Site.make({
      folder: "proxies",
      port: direct,
      connectsTo: ports.map((one) => `ws://localhost:${one}`),
      webSockets: webSockets(ports.map((one) => `http://localhost:${one}`))
    })
    const started = yield* Effect.forEach(Proxy.names, (name, i) => Proxy.start(name, others[i] ?? 0, direct))
    const through = started.flatMap((found, i) =>
      Option.toArray(Option.map(found, (name) => ({ name, url: `ws://localhost:${others[i]}/` })))
    )
    const ways: Ways = [{ name: "directly", url: `ws://localhost:${direct}/` }, ...through]
    yield* Effect.forkScoped(server.serve({
      accept: ({ host, path, remoteAddress, secure }) =>
        Effect.map(
          path === "/ways"
            ? Schema.encode(waysAsText)(ways)
            : Schema.encode(seenAsText)({ host, secure, address: Option.getOrElse(remoteAddress, () => "unknown") }),
          (value) => ({ value })
        ).pipe(Effect.orDie),
      // From here on the connection is silent, except for pings.
      handler: (connection, says) => Effect.ignore(Effect.zipRight(connection.send(says), connection.run(() => {})))
    }))
    return { url, ways, missing: Proxy.names.filter((name) => !through.some((way) => way.name === name)) }
  })
