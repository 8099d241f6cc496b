/** Two servers that do as they are told: ours, and one that others wrote. */
import { AbortReason } from "@effect-ws/connection/CloseOutcome"
import type { ConnectionClosed, InvalidClose } from "@effect-ws/connection/ConnectionError"
import * as Hosting from "@effect-ws/connection/host/Hosting"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"

const flood = Array.from({ length: 100 }, () => "x".repeat(32 * 1024))
const isDrop = (text: string): boolean => text === "drop" || text === "echo, drop"

export const ours = Effect.gen(function*() {
  const server = yield* NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", origins: "any" })
  yield* Effect.forkScoped(server.serve({
    accept: ({ subprotocols }) => Effect.succeed({ value: undefined, subprotocol: subprotocols[0] }),
    handler: (connection) =>
      connection.run((message): Effect.Effect<unknown, ConnectionClosed | InvalidClose> => {
        const text = typeof message === "string" ? message : ""
        const [, code, reason = ""] = /^close (\d+) (.*)$/.exec(text) ?? []
        if (code !== undefined) return connection.close(Number(code), reason)
        if (text === "flood") return connection.sendAll(flood)
        if (!isDrop(text)) return connection.send(message)
        const drop = Hosting.abort(connection, AbortReason.Application({ reason: "told to" }))
        return text === "drop"
          ? drop
          : Effect.zipRight(connection.send(message), Effect.zipRight(connection.flush, drop))
      })
  }))
  return `ws://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}/`
})

export const theirs = Effect.acquireRelease(
  Effect.async<WebSocketServer>((resume) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true })
    server.on("listening", () => resume(Effect.succeed(server)))
    server.on("connection", (socket) => {
      socket.on("error", () => {})
      socket.on("message", (data, isBinary) => {
        const text = isBinary ? "" : String(data)
        const [, code, reason] = /^close (\d+) (.*)$/.exec(text) ?? []
        if (code !== undefined) return socket.close(Number(code), reason)
        if (text === "flood") return flood.forEach((message) => socket.send(message))
        if (text === "drop") return socket.terminate()
        socket.send(data, { binary: isBinary }, () => text === "echo, drop" && socket.terminate())
      })
    })
  }),
  (server) =>
    Effect.sync(() => {
      for (const client of server.clients) client.terminate()
      server.close()
    })
).pipe(Effect.map((server) => {
  let opened = 0
  server.on("connection", () => opened++)
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    opened: () => opened,
    /** As if the network were gone. */
    drop: () => {
      for (const client of server.clients) client.terminate()
    }
  }
}))
