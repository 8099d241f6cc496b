/** The same chat room. */
import type { Connection } from "@effect-ws/connection/Connection"
import { PreparedMessage } from "@effect-ws/connection/Message"
import { Refusal } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"

export const start = (port: number) =>
  Effect.gen(function*() {
    const room = new Map<Connection, string>()
    const server = yield* NodeWebSocketServer.make({
      port,
      host: "127.0.0.1",
      limits: { maxMessageSize: 1024 * 1024 },
      grace: "3 seconds"
    })

    yield* Effect.forkScoped(server.serveMessages(
      (connection, message) => {
        if (typeof message !== "string") return
        const text = new PreparedMessage(`${room.get(connection)}: ${message}`) // encoded once for all
        for (const other of room.keys()) other.trySend(text) // "full" means that this one is too slow
      },
      {
        accept: ({ query }) => {
          const name = query.get("name") // never throws, whatever the URL
          return name === null
            ? new Refusal({ status: 400, body: "who are you?" }) // before it opens
            : Effect.succeed({ value: name })
        },
        onOpen: (connection, name) => void room.set(connection, name),
        onClose: (connection) => void room.delete(connection)
      }
    ))
    return server.address._tag === "Tcp" ? server.address.port : 0
  })
