/** A proxy as small as can be, for a program to go through: it connects those who have the password. */
import * as Effect from "effect/Effect"
import { once } from "node:events"
import * as Http from "node:http"
import * as Net from "node:net"

const credentials = `Basic ${btoa("ada:abracadabra")}`

/** Its port. */
export const proxy = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = Http.createServer()
      server.on("connect", ({ headers, url }: Http.IncomingMessage, socket: Net.Socket) => {
        if (headers["proxy-authorization"] !== credentials) return socket.end("HTTP/1.1 407 No\r\n\r\n")
        const { hostname, port } = new URL(`http://${url}`)
        const onward = Net.connect(Number(port), hostname, () => {
          socket.write("HTTP/1.1 200 Connected\r\n\r\n")
          socket.pipe(onward).pipe(socket)
        })
        for (const one of [socket, onward]) one.on("error", () => one.destroy())
        return onward
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      return server
    }),
    (server) => Effect.sync(() => server.close())
  ),
  (server) => {
    const address = server.address()
    return address === null || typeof address === "string" ? 0 : address.port
  }
)
