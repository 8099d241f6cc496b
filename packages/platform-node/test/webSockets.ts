/** The `WebSocket` class of `NodeWebSocketConstructor` and a server of ours to use it on, plain and over TLS. */
import type { Connection } from "@effect-ws/connection/Connection"
import type { Limits } from "@effect-ws/connection/Limits"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import type { UpgradeRequest } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import { selfSigned } from "./certificate.js"

const tls = selfSigned()

export const schemes = ["ws", "wss"] as const

export type Scheme = typeof schemes[number]

/** The class, for a test's scope. It trusts the server here. */
export const makeClass = (options: NodeWebSocketConstructor.ClassOptions = {}, limits: Partial<Limits> = {}) =>
  Effect.flatMap(
    NodeWebSocketClient.make({ limits, linger: "100 millis", tls: { ca: tls.cert } }),
    (client) => Effect.provideService(NodeWebSocketConstructor.makeClass(options), WebSocketClient, client)
  )

/** On a free port, until the scope closes; its origin, as URLs have it. The first subprotocol that is offered is chosen. */
export const serve = (
  handler: (connection: Connection, request: UpgradeRequest) => Effect.Effect<unknown, unknown>,
  { chooses = true, scheme = "ws" }: { readonly scheme?: Scheme; readonly chooses?: boolean } = {}
) =>
  Effect.gen(function*() {
    const server = yield* NodeWebSocketServer.make({
      port: 0,
      host: "127.0.0.1",
      grace: "100 millis",
      origins: "any",
      tls: scheme === "wss" ? tls : undefined
    })
    yield* Effect.forkScoped(server.serve({
      accept: (request) =>
        Effect.succeed({ value: request, subprotocol: chooses ? request.subprotocols[0] : undefined }),
      handler
    }))
    return `${scheme}://127.0.0.1:${server.address._tag === "Tcp" ? server.address.port : 0}`
  })

export const echo = (connection: Connection) => connection.run((message) => connection.send(message))

/** The next event of a kind. */
export const next = <K extends keyof WebSocketEventMap>(socket: WebSocket, kind: K) =>
  Effect.async<WebSocketEventMap[K]>((resume) =>
    socket.addEventListener(kind, (event) => resume(Effect.succeed(event)), { once: true })
  )

/** Of a connection that must open. */
export const opened = (socket: WebSocket) =>
  Effect.async<WebSocket>((resume) => {
    socket.addEventListener("open", () => resume(Effect.succeed(socket)), { once: true })
    socket.addEventListener("close", ({ code }) => resume(Effect.die(new Error(`closed with ${code}`))), { once: true })
  })

/** Ends when the socket does: the kinds of its events, and at the end the close event. */
export const life = (socket: WebSocket) => {
  const kinds: Array<string> = []
  for (const kind of ["open", "message", "error", "close"]) socket.addEventListener(kind, () => kinds.push(kind))
  return Effect.map(next(socket, "close"), ({ code, reason, wasClean }) => ({ kinds, code, reason, wasClean }))
}

/** Turns of the event loop, so that what should not happen can. */
export const turns = (count: number): Effect.Effect<void> =>
  Effect.repeatN(Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void))), count - 1)

/** The name of the DOMException or error that a call throws. */
export const thrown = (call: () => unknown): string => {
  try {
    call()
    return "nothing"
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}
