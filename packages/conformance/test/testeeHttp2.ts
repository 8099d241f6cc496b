/** The peer of `testee` over HTTP/2 (RFC 8441), in both roles, with TLS and without. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Http2 from "node:http2"
import type { AddressInfo } from "node:net"
import { type Fault, Testee } from "./testee.js"

export interface Secret {
  readonly key: string
  readonly cert: string
}

export type OnStream = (stream: Http2.ServerHttp2Stream, fields: Http2.IncomingHttpHeaders) => void

/** The port of a server that answers a request as it likes. */
export const listening = (
  tls: Secret | undefined,
  onStream: OnStream,
  settings: Http2.Settings = { enableConnectProtocol: true }
): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly server: Http2.Http2Server; readonly sessions: Set<Http2.ServerHttp2Session> }>(
        (resume) => {
          const sessions = new Set<Http2.ServerHttp2Session>()
          const server = tls === undefined
            ? Http2.createServer({ settings })
            : Http2.createSecureServer({ ...tls, settings })
          server.on("session", (session) => {
            sessions.add(session)
            session.on("error", () => undefined)
          })
          server.on("stream", (stream, fields) => {
            stream.on("error", () => undefined)
            onStream(stream, fields)
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, sessions })))
        }
      ),
      ({ server, sessions }) =>
        Effect.sync(() => {
          for (const session of sessions) session.destroy()
          server.close()
        })
    ),
    ({ server }) => (server.address() as AddressInfo).port
  )

/** The port of a server with these faults. */
export const server = (tls: Secret | undefined, ...broken: ReadonlyArray<Fault>) =>
  listening(tls, (stream, fields) => {
    const offer = String(fields["sec-websocket-extensions"] ?? "")
    const isAgreed = offer !== "" && !broken.includes("NoCompression")
    const extension = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    stream.respond({ ":status": 200, ...(isAgreed ? { "sec-websocket-extensions": extension } : {}) })
    new Testee(stream, "server", new Set(broken), isAgreed ? { windowBits: 15 } : undefined)
  })

/** A session with a server, which ends with the scope. */
export const session = (port: number, isSecure: boolean): Effect.Effect<Http2.ClientHttp2Session, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Http2.ClientHttp2Session>((resume) => {
      const opened = Http2.connect(`${isSecure ? "https" : "http"}://127.0.0.1:${port}`, { rejectUnauthorized: false })
      opened.on("error", () => undefined)
      opened.once("remoteSettings", () => resume(Effect.succeed(opened)))
    }),
    (opened) => Effect.sync(() => opened.destroy())
  )

/** The request for a path, with other fields or without some. */
export const fields = (path: string, changes: Http2.OutgoingHttpHeaders = {}): Http2.OutgoingHttpHeaders => ({
  ":method": "CONNECT",
  ":protocol": "websocket",
  ":scheme": "http",
  ":authority": "localhost",
  ":path": path,
  "sec-websocket-version": "13",
  ...changes
})

/** A client with these faults, which runs one case of a fuzzing server on a session of its own. */
export const client = (isSecure: boolean, ...broken: ReadonlyArray<Fault>) => (port: number, number: number) =>
  Effect.scoped(Effect.flatMap(session(port, isSecure), (opened) =>
    Effect.async<void>((resume) => {
      const stream = opened.request(
        fields(`/runCase?case=${number}&agent=agent`, {
          "sec-websocket-extensions": broken.includes("NoCompression")
            ? undefined
            : "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        }),
        { endStream: false }
      )
      stream.on("error", () => undefined)
      stream.on("close", () => resume(Effect.void))
      stream.on("response", (answer) => {
        if (answer[":status"] !== 200) return stream.close()
        const isAgreed = answer["sec-websocket-extensions"] !== undefined
        new Testee(stream, "client", new Set(broken), isAgreed ? { windowBits: 15 } : undefined)
      })
    })))
