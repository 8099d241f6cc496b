/** A chat room with `ws`. */
import { type WebSocket, WebSocketServer } from "ws"

export const start = (port: number, onListening: (port: number) => void) => {
  const room = new Set<WebSocket>()
  const server = new WebSocketServer({ port, host: "127.0.0.1", maxPayload: 1024 * 1024 })

  server.on("listening", () => {
    const address = server.address()
    if (typeof address === "object" && address !== null) onListening(address.port)
  })

  server.on("connection", (socket, request) => {
    const name = new URL(request.url ?? "/", "ws://localhost").searchParams.get("name")
    if (name === null) return socket.close(1008, "who are you?")
    room.add(socket)
    socket.on("error", () => {})
    socket.on("message", (data, isBinary) => {
      if (isBinary) return
      for (const other of room) {
        if (other.readyState === other.OPEN) other.send(`${name}: ${data.toString()}`)
      }
    })
    socket.on("close", () => room.delete(socket))
  })

  return () => {
    for (const socket of room) socket.close(1001)
    setTimeout(() => {
      for (const socket of room) socket.terminate()
    }, 3000).unref()
    server.close()
  }
}
