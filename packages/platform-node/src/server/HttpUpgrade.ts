/**
 * An upgrade that `node:http` has handed over: a socket, what was read behind the head, and the offer. Until it is answered it
 * notes that the client leaves, and keeps what comes early; a refused one goes to `RefusedSockets`.
 */
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import type { Primitives } from "@effect-ws/codec/Primitives"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type { Receiver } from "@effect-ws/connection/host/Transport"
import type { AcceptResult, Upgrade } from "@effect-ws/platform/host/Serving"
import type { Certificate } from "@effect-ws/platform/WebSocketServer"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { primitives } from "../transport/primitives.js"
import { SocketTransport } from "../transport/SocketTransport.js"
import type { RefusedSockets } from "./RefusedSockets.js"

/** An answer is written once and kept by nobody: it may share Node's pool with others. */
const answering: Primitives = { ...primitives, allocate: (size) => Buffer.allocUnsafe(size) }

/** A client sends nothing before it has the 101; one that does is read no further than this. */
const maxEarly = 64 * 1024

export class HttpUpgrade implements Upgrade, Receiver {
  readonly remoteAddress: string | undefined
  readonly secure: boolean
  private readonly transport: SocketTransport
  private state: "Waiting" | "Answered" | "Left" = "Waiting"
  private early: Array<Uint8Array> = []
  private earlySize = 0
  private onLeave: (() => void) | undefined = undefined

  constructor(
    readonly offer: ServerHandshake.Offer,
    private readonly socket: Socket,
    head: Uint8Array,
    private readonly refused: RefusedSockets,
    peer: string | undefined
  ) {
    this.remoteAddress = offer.forwarded.address ?? peer
    this.secure = offer.forwarded.secure ?? socket instanceof TLSSocket
    this.transport = SocketTransport.of(socket, head)
  }

  get remotePort(): number | undefined {
    return this.socket.remotePort
  }

  get certificate(): Certificate | undefined {
    return this.socket instanceof TLSSocket ? certificateOf(this.socket) : undefined
  }

  watch(onLeave: () => void): void {
    if (this.state !== "Waiting") return
    const isWatched = this.onLeave !== undefined
    this.onLeave = onLeave
    if (!isWatched) this.transport.attach(this)
  }

  accept(choice: ServerHandshake.Choice): AcceptResult {
    if (this.state !== "Waiting" || this.socket.destroyed) return { _tag: "Left" }
    const answer = ServerHandshake.accept(this.offer, choice, answering)
    if (answer._tag === "Problem") return answer
    this.state = "Answered"
    this.transport.write([answer.octets])
    if (this.earlySize > 0) {
      this.transport.pause()
      this.transport.unread(Buffer.concat(this.early))
    }
    return { _tag: "Opened", transport: this.transport }
  }

  refuse(
    status: number,
    headers: HttpHeaders.Given = [],
    body?: Uint8Array
  ): ServerHandshake.ResponseProblem | undefined {
    if (this.state !== "Waiting") return undefined
    const answer = ServerHandshake.refuse(status, headers, body)
    if (answer._tag === "Problem") return answer
    this.state = "Answered"
    this.refused.end(this.transport, answer.octets)
    return undefined
  }

  /**
   * Leaves the answer to the caller, who writes it to the socket and then calls `end`. `undefined` if there was one, or the client
   * has left.
   */
  surrender(): { readonly socket: Socket; readonly end: () => void } | undefined {
    if (this.state !== "Waiting" || this.socket.destroyed) return undefined
    this.state = "Answered"
    return { socket: this.socket, end: () => this.refused.end(this.transport, new Uint8Array(0)) }
  }

  onOctets(octets: Uint8Array): void {
    this.early.push(octets.slice()) // they are lent
    this.earlySize += octets.length
    if (this.earlySize > maxEarly) this.transport.pause()
  }

  onDrained(): void {}

  onEnd(): void {
    this.leave()
  }

  onClosed(): void {
    this.leave()
  }

  private leave(): void {
    if (this.state !== "Waiting") return
    this.state = "Left"
    this.transport.destroy()
    this.onLeave?.()
  }
}

const certificateOf = (socket: TLSSocket): Certificate | undefined => {
  const found = socket.getPeerX509Certificate()
  if (found === undefined) return undefined
  const { fingerprint256, issuer, raw, serialNumber, subject, subjectAltName = "", validFrom, validTo } = found
  const isAuthorized = socket.authorized
  return { isAuthorized, subject, subjectAltName, issuer, serialNumber, validFrom, validTo, fingerprint256, raw }
}
