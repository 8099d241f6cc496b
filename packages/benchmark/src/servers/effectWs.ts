/**
 * Ours, in every way that a user would write an echo. The server has its defaults, but for compression: none, or of every
 * message.
 */
import type { Sending } from "@effect-ws/connection/Connection"
import type { ConnectionClosed } from "@effect-ws/connection/ConnectionError"
import type { AnyMessage } from "@effect-ws/connection/Message"
import type { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as WireLog from "@effect-ws/platform/WireLog"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Contestant } from "../Contestant.js"
import { type Settings, where } from "./settings.js"

export type Server = WebSocketServer["Type"]

const echoes: Record<
  Exclude<Contestant, "raw" | "ws" | "ws-text" | "ws-in-effect" | "ws-as-ours">,
  (server: Server) => Effect.Effect<never>
> = {
  run: (server) => server.serve((connection) => connection.run((message) => echo(connection, message))),
  "run-pooled": (server) => server.serve((connection) => connection.run((message) => echo(connection, message))),
  "run-logged-some": (server) => server.serve((connection) => connection.run((message) => echo(connection, message))),
  "run-logged-all": (server) => server.serve((connection) => connection.run((message) => echo(connection, message))),
  "run-bytes": (server) =>
    server.serve({
      incoming: "bytes",
      handler: (connection) => connection.run((message) => echo(connection, message))
    }),
  "run-effect": (server) => server.serve((connection) => connection.run((message) => connection.send(message))),
  pull: (server) =>
    server.serve((connection) =>
      Effect.gen(function*() {
        const { pull } = yield* connection.reader
        while (true) yield* connection.sendAll(yield* pull)
      })
    ),
  sink: (server) => server.serve((connection) => Stream.run(connection.messages, connection.sink)),
  chunks: (server) =>
    server.serve((connection) => Stream.runForEachChunk(connection.messages, (chunk) => connection.sendAll(chunk))),
  "serve-messages": (server) => server.serveMessages(echo)
}

/** Without an Effect as long as there is room; what there is no room for waits. */
const echo = (connection: Sending, message: AnyMessage): Effect.Effect<void, ConnectionClosed> | undefined =>
  connection.trySend(message) === "full" ? connection.send(message) : undefined

export const listen = (contestant: keyof typeof echoes, settings: Settings): Promise<number> =>
  start(
    { ...settings, messageMemory: contestant === "run-pooled" ? "pooled" : "own", wireLog: samples[contestant] },
    echoes[contestant]
  )

/** Which share of connections is recorded, where any is. */
const samples: Partial<Record<Contestant, number>> = { "run-logged-some": 0.01, "run-logged-all": 1 }

/** Serves for as long as the process lives. */
export const start = (
  { compression, messageMemory, tls, wireLog }: Settings & Pick<NodeWebSocketServer.Options, "messageMemory"> & {
    readonly wireLog?: number | undefined
  },
  serve: (server: Server) => Effect.Effect<never>
): Promise<number> =>
  new Promise((resolve) => {
    Effect.gen(function*() {
      const making = NodeWebSocketServer.make({
        ...where,
        tls,
        messageMemory,
        compression: compression && { threshold: 0 }
      })
      const server = yield* wireLog === undefined
        ? making
        : Effect.provide(making, WireLog.layer({ sample: wireLog }))
      if (server.address._tag === "Tcp") resolve(server.address.port)
      yield* serve(server)
    }).pipe(Effect.scoped, Effect.runFork)
  })
