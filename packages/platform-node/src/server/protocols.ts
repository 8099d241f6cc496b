/**
 * Which version of HTTP a connection speaks, on a port that takes both. In: a server of `node:http` or `node:https`, and its
 * connections. Out: those that speak HTTP/2, by ALPN (RFC 9113 §3.2) or, without TLS, by their first bytes (§3.3); the server sees the
 * others.
 */
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import type { Server, Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { OpeningOctets, takeOver } from "./OpeningOctets.js"

export interface Telling {
  readonly deadlines: Deadlines
  /** Milliseconds for the first bytes to come. */
  readonly timeout: number
  readonly onHttp2: (socket: Socket) => void
}

export const separate = (server: Server, isSecure: boolean, { deadlines, onHttp2, timeout }: Telling): void =>
  takeOver(server, isSecure ? "secureConnection" : "connection", (socket, onHttp1) => {
    if (socket instanceof TLSSocket) return socket.alpnProtocol === "h2" ? onHttp2(socket) : onHttp1()
    new FirstOctets(socket, deadlines, (isHttp2) => isHttp2 ? onHttp2(socket) : onHttp1()).start(timeout)
  })

class FirstOctets extends OpeningOctets {
  private octets: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, deadlines: Deadlines, private readonly onTold: (isHttp2: boolean) => void) {
    super(socket, deadlines)
  }

  protected readonly onReadable = (): void => {
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
}

/** How the client's connection preface begins (RFC 9113 §3.4); no request of HTTP/1.1 has this method. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\n")
