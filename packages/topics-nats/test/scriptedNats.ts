/** As much of a NATS server as a test needs that says when pings are answered: it accepts all, and delivers nothing. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createServer, type Socket } from "node:net"

export interface ScriptedNats {
  readonly port: number
  /** From now on pings wait for `pong`. */
  readonly hold: () => void
  /** Pings that wait. */
  readonly held: () => number
  /** Answers the ping that has waited for the longest. */
  readonly pong: () => void
  /** Cuts all connections, and refuses so many of those that come. */
  readonly refuse: (count: number) => void
}

export const scriptedNats: Effect.Effect<ScriptedNats, never, Scope.Scope> = Effect.gen(function*() {
  let isHolding = false
  let toRefuse = 0
  const waiting: Array<Socket> = []
  const sockets = new Set<Socket>()
  const onLine = (socket: Socket, line: string): void => {
    if (line.startsWith("CONNECT") && toRefuse > 0) {
      toRefuse--
      return void socket.end("-ERR 'Authorization Violation'\r\n")
    }
    if (line !== "PING") return
    if (isHolding) waiting.push(socket)
    else socket.write("PONG\r\n")
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    let rest = ""
    socket.on("error", () => {})
    socket.on("data", (bytes) => {
      const lines = (rest + bytes.toString("latin1")).split("\r\n")
      rest = lines.pop() ?? ""
      for (const line of lines) onLine(socket, line)
    })
    socket.write(
      `INFO ${
        JSON.stringify({ server_id: "scripted", version: "2.10.0", proto: 1, max_payload: 1e6, headers: true })
      }\r\n`
    )
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.async<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resume(Effect.void))
      })
  )
  const address = server.address()
  return {
    port: address !== null && typeof address === "object" ? address.port : 0,
    hold: () => void (isHolding = true),
    held: () => waiting.length,
    pong: () => void waiting.shift()?.write("PONG\r\n"),
    refuse: (count) => {
      toRefuse = count
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    }
  }
})
