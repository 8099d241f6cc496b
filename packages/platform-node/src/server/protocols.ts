/**
 * Which version of HTTP a connection speaks, on a port that takes both. In: a server of `node:http` or `node:https`, and its
 * connections. Out: those that speak HTTP/2, by ALPN (RFC 9113 §3.2) or, without TLS, by their first octets (§3.3); the server sees the
 * others.
 */
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import type { Server, Socket } from "node:net"
import { TLSSocket } from "node:tls"

export interface Telling {
  readonly deadlines: Deadlines
  /** Milliseconds for the first octets to come. */
  readonly timeout: number
  readonly onHttp2: (socket: Socket) => void
}

export const separate = (server: Server, isSecure: boolean, { deadlines, onHttp2, timeout }: Telling): void => {
  const event = isSecure ? "secureConnection" : "connection"
  const listeners = server.listeners(event)
  const onHttp1 = (socket: Socket): void => {
    for (const listener of listeners) Reflect.apply(listener, server, [socket])
  }
  server.removeAllListeners(event)
  server.on(event, (socket: Socket) => {
    if (socket instanceof TLSSocket) return socket.alpnProtocol === "h2" ? onHttp2(socket) : onHttp1(socket)
    new FirstOctets(socket, deadlines, (isHttp2) => isHttp2 ? onHttp2(socket) : onHttp1(socket)).start(timeout)
  })
}

/** A socket of which too little has come. */
class FirstOctets implements Expiring {
  private octets: Buffer = Buffer.alloc(0)
  private deadline: Deadline | undefined = undefined

  constructor(
    private readonly socket: Socket,
    private readonly deadlines: Deadlines,
    private readonly onTold: (isHttp2: boolean) => void
  ) {}

  start(timeout: number): void {
    const { socket } = this
    socket.on("readable", this.onReadable)
    socket.on("end", this.onOver)
    socket.on("error", this.onOver)
    socket.on("close", this.onOver)
    this.deadline = this.deadlines.start(timeout, this)
  }

  onDeadline(): void {
    this.onOver()
  }

  private readonly onReadable = (): void => {
    const { socket } = this
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
      this.octets = Buffer.concat([this.octets, chunk])
    }
    const isHttp2 = this.octets.length >= preface.length && this.octets.subarray(0, preface.length).equals(preface)
    const isOpen = this.octets.length < preface.length && preface.subarray(0, this.octets.length).equals(this.octets)
    if (isOpen) return
    this.stop()
    socket.unshift(this.octets)
    this.onTold(isHttp2)
  }

  private readonly onOver = (): void => {
    this.stop()
    this.socket.on("error", () => {})
    this.socket.destroy()
  }

  private stop(): void {
    const { deadline, socket } = this
    if (deadline !== undefined) this.deadlines.cancel(deadline)
    socket.off("readable", this.onReadable)
    socket.off("end", this.onOver)
    socket.off("error", this.onOver)
    socket.off("close", this.onOver)
  }
}

/** How the client's connection preface begins (RFC 9113 §3.4); no request of HTTP/1.1 has this method. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\n")
