/** A proxy for tunnels (RFC 9110 §9.3.6). */
import * as Effect from "effect/Effect"
import * as http from "node:http"
import * as https from "node:https"
import * as net from "node:net"
import { selfSigned } from "./certificate.js"
import { listening } from "./rawServer.js"

export const certificate = selfSigned()

/** A proxy that connects, and notes what it was asked. */
export const proxy = (options: { readonly secure?: boolean; readonly status?: number } = {}) =>
  Effect.gen(function*() {
    const asked: Array<http.IncomingMessage> = []
    const sockets: Array<net.Socket> = []
    const server = options.secure === true ? https.createServer(certificate) : http.createServer()
    server.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
      asked.push(request)
      if (options.status !== undefined) {
        socket.end(`HTTP/1.1 ${options.status} No\r\nProxy-Authenticate: Basic\r\n\r\n`)
        return
      }
      const [, port = ""] = /:(\d+)$/.exec(request.url ?? "") ?? []
      const onward = net.connect(Number(port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
        socket.pipe(onward).pipe(socket)
      })
      sockets.push(socket, onward)
      for (const one of [socket, onward]) one.on("error", () => {})
    })
    const port = yield* listening(server, sockets)
    return { asked, sockets, port, url: `${options.secure === true ? "https" : "http"}://127.0.0.1:${port}` }
  })
