/** TCP servers that answer an opening handshake in any way at all. */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as diagnostics from "node:diagnostics_channel"
import { once } from "node:events"
import * as net from "node:net"

export interface RawServer {
  readonly port: number
  readonly url: string
  /** The connections so far. */
  readonly sockets: ReadonlyArray<net.Socket>
}

/** The free port of the loopback that it listens on; with the scope, it and those sockets are closed. */
export const listening = (
  server: net.Server,
  sockets: ReadonlyArray<{ readonly destroy: () => unknown }>
): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
    () =>
      Effect.async<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resume(Effect.void))
      })
  ).pipe(Effect.map(() => (server.address() as net.AddressInfo).port))

/** On a free port of the loopback; what is still open when the scope closes is cut. */
export const listen = (
  onSocket: (socket: net.Socket) => void = () => {}
): Effect.Effect<RawServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const sockets: Array<net.Socket> = []
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      sockets.push(socket)
      socket.on("error", () => {})
      onSocket(socket)
    })
    const port = yield* listening(server, sockets)
    return { port, url: `ws://127.0.0.1:${port}/`, sockets }
  })

/** Calls with the head of the request, once it has come. */
export const onRequest = (socket: net.Socket, answer: (head: string) => void): void => {
  let head = ""
  const read = (chunk: Buffer): void => {
    head += chunk.toString("latin1")
    if (!head.endsWith("\r\n\r\n")) return
    socket.off("data", read)
    socket.resume()
    answer(head)
  }
  socket.on("data", read)
}

/** Writes the same to all, once their request has come; `answer` is given what `Sec-WebSocket-Accept` should be. */
export const answering = (answer: (accept: string) => string | Uint8Array, end = false) =>
  listen((socket) =>
    onRequest(socket, (head) => {
      const octets = answer(acceptOf(head))
      if (end) socket.end(octets, "latin1")
      else socket.write(octets, "latin1")
    })
  )

export const acceptOf = (head: string): string => AcceptKey.accept(/Sec-WebSocket-Key: (.*)\r\n/.exec(head)?.[1] ?? "")

/** An answer as it should be, with more lines. */
export const switching = (accept: string, ...lines: ReadonlyArray<string>): string =>
  [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...lines,
    "",
    ""
  ].join("\r\n")

/** The sockets that this process connects from now on, so that a test can wait for what the client has read. */
export const clientSockets: Effect.Effect<ReadonlyArray<net.Socket>, never, Scope.Scope> = Effect.suspend(() => {
  const sockets: Array<net.Socket> = []
  const add = (message: unknown): void => void sockets.push((message as { readonly socket: net.Socket }).socket)
  return Effect.acquireRelease(
    Effect.sync(() => {
      diagnostics.subscribe("net.client.socket", add)
      return sockets
    }),
    () => Effect.sync(() => diagnostics.unsubscribe("net.client.socket", add))
  )
})

/** Waits until the test's own condition holds, in turns of the event loop. */
export const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.async((resume) => {
    const look = (): void => {
      if (condition()) resume(Effect.void)
      else timer = setTimeout(look, 1)
    }
    let timer = setTimeout(look, 0)
    return Effect.sync(() => clearTimeout(timer))
  })
