/** Refused sockets: each is ended, drained for a bounded time, and destroyed. */
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import type { Receiver } from "@effect-ws/connection/host/Transport"
import type { Duplex } from "node:stream"
import { SocketTransport } from "../transport/SocketTransport.js"

export class RefusedSockets {
  private readonly sockets = new Set<SocketTransport>()

  constructor(private readonly deadlines: Deadlines, private readonly drainTimeout: number) {}

  refuse(
    socket: Duplex,
    { headers, status }: Pick<ServerHandshake.Rejection, "headers" | "status">,
    body: string
  ): void {
    const answer = ServerHandshake.refuse(status, headers, Buffer.from(body))
    const transport = new SocketTransport(socket)
    this.end(transport, answer._tag === "Encoded" ? answer.octets : new Uint8Array(0))
  }

  /** Ends a socket that was answered already. */
  drain(socket: Duplex): void {
    this.end(new SocketTransport(socket), new Uint8Array(0))
  }

  /** A reset instead of the end would destroy the answer, too: so what still arrives is read and dropped. */
  end(transport: SocketTransport, answer: Uint8Array): void {
    this.sockets.add(transport)
    transport.write([answer])
    transport.halfClose()
    const draining = new Draining(transport, this.deadlines, () => this.sockets.delete(transport))
    draining.deadline = this.deadlines.start(this.drainTimeout, draining)
    transport.attach(draining)
  }

  destroyAll(): void {
    for (const transport of this.sockets) transport.destroy()
  }
}

class Draining implements Receiver, Expiring {
  deadline: Deadline | undefined = undefined

  constructor(
    private readonly transport: SocketTransport,
    private readonly deadlines: Deadlines,
    private readonly onGone: () => void
  ) {}

  onOctets(): void {}
  onDrained(): void {}
  onEnd(): void {}

  onClosed(): void {
    if (this.deadline !== undefined) this.deadlines.cancel(this.deadline)
    this.onGone()
  }

  onDeadline(): void {
    this.transport.destroy()
  }
}
