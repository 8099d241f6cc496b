/** What tests of HTTP/2 share: servers and clients of ours, and raw sessions of `node:http2` at either end. */
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import type * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import * as Http2 from "node:http2"
import { selfSigned } from "./certificate.js"

export type Server = WebSocketServer.WebSocketServer["Type"]
export type ServerOptions = Omit<Extract<NodeWebSocketServer.Options, { readonly port: number }>, "port" | "host">

export const tls = selfSigned()

export const serve = (options: ServerOptions = {}) =>
  NodeWebSocketServer.make({ port: 0, host: "127.0.0.1", grace: "200 millis", http2: true, tls, ...options })

export const portOf = ({ address }: Pick<Server, "address">): number => address._tag === "Tcp" ? address.port : 0

export const urlOf = (server: Server): string => {
  const url = server.url
  return url._tag === "Some" ? url.value.replace("127.0.0.1", "localhost") : ""
}

/** A server that echoes. */
export const echo = (options?: ServerOptions) =>
  Effect.tap(
    serve(options),
    (server) => Effect.forkScoped(server.serveMessages((connection, message) => void connection.trySend(message)))
  )

export const client = (options: NodeWebSocketClient.Options = {}) =>
  NodeWebSocketClient.make({ http2: "require", tls: { ca: tls.cert }, linger: "100 millis", ...options })

/** A session of `node:http2` with a server of ours; it is cut with the scope. */
export const session = (server: Server, options: Http2.SecureClientSessionOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const session = Http2.connect(urlOf(server).replace("ws", "http"), { ca: tls.cert, ...options })
      session.on("error", () => {})
      await once(session, "remoteSettings")
      return session
    }),
    (session) => Effect.sync(() => session.destroy())
  )

/** The fields of an extended CONNECT, with changes: another value, or none. */
export const connectFields = (changes: Record<string, string | undefined> = {}): Http2.OutgoingHttpHeaders => {
  const all: Record<string, string | undefined> = {
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": "https",
    ":authority": "localhost",
    ":path": "/chat",
    "sec-websocket-version": "13",
    ...changes
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
}

/** Asks on a stream that stays open. */
export const ask = (session: Http2.ClientHttp2Session, fields = connectFields(), endStream = false) =>
  Effect.promise(async (): Promise<Answer & { readonly stream: Http2.ClientHttp2Stream }> => {
    const stream = session.request(fields, { endStream })
    stream.on("error", () => {})
    const headers = await new Promise<Http2.IncomingHttpHeaders & Http2.IncomingHttpStatusHeader>((resolve, reject) => {
      stream.once("response", resolve)
      stream.once("close", () => reject(new Error(`no answer: ${stream.rstCode}`)))
    })
    return { stream, status: headers[":status"] ?? 0, headers }
  })

/** All that comes on a stream, until its end. */
export const bodyOf = (stream: Http2.ClientHttp2Stream) =>
  Effect.promise(async () => {
    let body = ""
    for await (const chunk of stream) body += Buffer.from(chunk).toString("latin1")
    return body
  })

/** A server of `node:http2` that answers each stream in any way; it is cut with the scope. */
export const rawServer = (
  onStream: (stream: Http2.ServerHttp2Stream, fields: Headers) => void,
  options: Http2.SecureServerOptions = {}
) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sessions: Array<Http2.ServerHttp2Session> = []
      const server = Http2.createSecureServer({ ...tls, settings: { enableConnectProtocol: true }, ...options })
      server.on("session", (session) => {
        sessions.push(session)
        session.on("error", () => {})
      })
      server.on("stream", (stream, _headers, _flags, raw: ReadonlyArray<string> = []) => {
        stream.on("error", () => {})
        onStream(stream, raw.flatMap((name, i) => i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : []))
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { server, sessions, url: `wss://localhost:${port}` }
    }),
    ({ server, sessions }) =>
      Effect.sync(() => {
        for (const session of sessions) session.destroy()
        server.close()
      })
  )

/** Where a server of Node's listens, once it does; it is closed with the scope, and its sessions cut. */
export const listening = (server: Http2.Http2SecureServer | Http2.Http2Server) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sessions = new Set<Http2.ServerHttp2Session>()
      server.on("session", (session) => {
        sessions.add(session)
        session.on("error", () => {})
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      return sessions
    }),
    (sessions) =>
      Effect.sync(() => {
        for (const session of sessions) session.destroy()
        server.close()
      })
  )
