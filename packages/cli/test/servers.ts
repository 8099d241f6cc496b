/** A server that others wrote, and that does as it is told. */
import * as Effect from "effect/Effect"
import type { IncomingMessage, Server as Http } from "node:http"
import { createServer } from "node:http"
import type { Server as Https, ServerOptions } from "node:https"
import { createServer as createSecureServer } from "node:https"
import type { AddressInfo, ListenOptions } from "node:net"
import { WebSocketServer } from "ws"
import { selfSigned } from "../../platform-node/test/certificate.js"

export const certificate = selfSigned()

/** Echoes, but for what it knows as an order. */
const serve = (server: WebSocketServer, requests: Array<IncomingMessage>): void => {
  server.on("connection", (socket, request) => {
    requests.push(request)
    socket.on("error", () => {})
    socket.on("message", (data, isBinary) => {
      const [order, code] = isBinary ? [] : String(data).split(" ")
      if (order === "close") return socket.close(Number(code), "as told")
      if (order === "drop") return socket.terminate()
      if (order === "break") return void Reflect.get(socket, "_socket").write(Uint8Array.of(0xff, 0))
      socket.send(data, { binary: isBinary })
    })
  })
}

export const theirs = Effect.acquireRelease(
  Effect.async<{ readonly server: WebSocketServer; readonly requests: Array<IncomingMessage> }>((resume) => {
    const requests: Array<IncomingMessage> = []
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true })
    serve(server, requests)
    server.on("listening", () => resume(Effect.succeed({ server, requests })))
  }),
  ({ server }) => Effect.sync(() => close(server))
).pipe(Effect.map(({ requests, server }) => ({ requests, url: urlOf("ws", server.address()) })))

/** The same over a server of HTTP that listens there; who asked. */
const theirsOver = (http: Http | Https, at: ListenOptions) =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: WebSocketServer; readonly requests: Array<IncomingMessage> }>((resume) => {
      const requests: Array<IncomingMessage> = []
      const server = new WebSocketServer({ server: http })
      serve(server, requests)
      http.listen(at, () => resume(Effect.succeed({ server, requests })))
    }),
    ({ server }) =>
      Effect.sync(() => {
        close(server)
        http.close()
      })
  )

const loopback = { port: 0, host: "127.0.0.1" }

/** With more settings of TLS than its certificate; and whose certificates it was shown. */
export const theirsOverTls = (options: ServerOptions = {}) =>
  Effect.suspend(() => {
    const https = createSecureServer({ ...certificate, ...options })
    const shown: Array<string | undefined> = []
    https.on("secureConnection", (socket) => shown.push(socket.getPeerX509Certificate()?.subject))
    return Effect.map(theirsOver(https, loopback), () => ({ shown, url: urlOf("wss", https.address()) }))
  })

export const theirsOnUnixSocket = (path: string) => Effect.suspend(() => theirsOver(createServer(), { path }))

/** Sends whoever asks on to another server: the first time to another path of its own. */
export const redirecting = (to: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Http>((resume) => {
        const http = createServer()
        http.on("upgrade", ({ url }, socket) => {
          const location = url === "/" ? "/moved" : to
          socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
        })
        http.listen(loopback, () => resume(Effect.succeed(http)))
      }),
      (http) => Effect.sync(() => void http.close())
    ),
    (http) => urlOf("ws", http.address())
  )

const close = (server: WebSocketServer): void => {
  for (const client of server.clients) client.terminate()
  server.close()
}

const urlOf = (scheme: string, address: AddressInfo | string | null): string =>
  `${scheme}://localhost:${typeof address === "object" && address !== null ? address.port : 0}/`
