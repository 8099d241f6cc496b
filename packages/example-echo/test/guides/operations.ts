/** A server for production: it logs where it listens, answers health checks, and lets in clients that have a certificate. */
import { layer as serveLayer, Refusal, withLogAddress } from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

interface Keys {
  readonly key: string
  readonly cert: string
  /** The authority that signs the certificates of clients. */
  readonly ca: string
}

const whoever = serveLayer({
  accept: ({ certificate }) =>
    Option.match(certificate, {
      onSome: ({ isAuthorized, subject }) =>
        isAuthorized ? Effect.succeed({ value: subject }) : new Refusal({ status: 403, body: "that one is not ours" }),
      onNone: () => new Refusal({ status: 403, body: "show a certificate" })
    }),
  handler: (connection, subject) => Effect.zipRight(connection.send(`hello ${subject}`), connection.outcome)
})

const port = (port: number, { ca, cert, key }: Keys) =>
  NodeWebSocketServer.layer({
    port,
    health: "/healthz", // GET: 200 while it serves, and 503 otherwise
    tls: { key, cert, ca, requestCert: true, rejectUnauthorized: false } // `accept` refuses those that have none
  })

/** Logs `Listening on wss://localhost:…`. */
export const server = (at: number, keys: Keys) => Layer.provideMerge(whoever, withLogAddress(port(at, keys)))
