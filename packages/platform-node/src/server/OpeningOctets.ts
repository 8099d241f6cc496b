/**
 * Reads the first bytes of a socket before a server sees it. In: the connections of a server, and readers of their first bytes. Out: each
 * socket, with the bytes after those, passed on to the server's own listeners; or dropped, at its end or a timeout.
 */
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import type { Server, Socket } from "node:net"

/** Makes the server's own listeners see only connections that are passed on. */
export const takeOver = (
  server: Server,
  event: "connection" | "secureConnection",
  onSocket: (socket: Socket, passOn: () => void) => void
): void => {
  const listeners = server.listeners(event)
  server.removeAllListeners(event)
  server.on(event, (socket: Socket) =>
    onSocket(socket, () => {
      for (const listener of listeners) Reflect.apply(listener, server, [socket])
    }))
}

/** A socket whose first bytes are incomplete. */
export abstract class OpeningOctets implements Expiring {
  private deadline: Deadline | undefined = undefined

  constructor(protected readonly socket: Socket, private readonly deadlines: Deadlines) {}

  /** Reads, and stops once it knows enough. */
  protected abstract readonly onReadable: () => void

  start(timeout: number): void {
    const { socket } = this
    socket.on("readable", this.onReadable)
    socket.on("end", this.drop)
    socket.on("error", this.drop)
    socket.on("close", this.drop)
    this.deadline = this.deadlines.start(timeout, this)
  }

  onDeadline(): void {
    this.drop()
  }

  protected readonly drop = (): void => {
    this.stop()
    this.socket.on("error", () => {})
    this.socket.destroy()
  }

  protected stop(): void {
    const { deadline, socket } = this
    if (deadline !== undefined) this.deadlines.cancel(deadline)
    socket.off("readable", this.onReadable)
    socket.off("end", this.drop)
    socket.off("error", this.drop)
    socket.off("close", this.drop)
  }
}
