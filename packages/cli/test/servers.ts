/** A server that others wrote, and that does as it is told. */
import * as Effect from "effect/Effect"
import type { IncomingMessage } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
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

export const theirsOverTls = Effect.acquireRelease(
  Effect.async<{ readonly https: ReturnType<typeof createServer>; readonly server: WebSocketServer }>((resume) => {
    const https = createServer({ cert: certificate.cert, key: certificate.key })
    const server = new WebSocketServer({ server: https })
    serve(server, [])
    https.listen(0, "127.0.0.1", () => resume(Effect.succeed({ https, server })))
  }),
  ({ https, server }) =>
    Effect.sync(() => {
      close(server)
      https.close()
    })
).pipe(Effect.map(({ https }) => urlOf("wss", https.address())))

const close = (server: WebSocketServer): void => {
  for (const client of server.clients) client.terminate()
  server.close()
}

const urlOf = (scheme: string, address: AddressInfo | string | null): string =>
  `${scheme}://localhost:${typeof address === "object" && address !== null ? address.port : 0}/`
