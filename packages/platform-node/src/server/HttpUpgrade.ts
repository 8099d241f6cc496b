/**
 * An upgrade that `node:http` has handed over: a socket, what was read behind the head, and the offer. A refused one goes to
 * `RefusedSockets`.
 */
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import type { Primitives } from "@effect-ws/codec/Primitives"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type { AcceptResult, Upgrade } from "@effect-ws/platform/host/Serving"
import type { Certificate } from "@effect-ws/platform/WebSocketServer"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { primitives } from "../transport/primitives.js"
import { SocketTransport } from "../transport/SocketTransport.js"
import { certificateOf } from "./certificate.js"
import type { RefusedSockets } from "./RefusedSockets.js"
import { Waiting } from "./Waiting.js"

/** An answer is written once and kept by nobody: it may share Node's pool with others. */
const answering: Primitives = { ...primitives, allocate: (size) => Buffer.allocUnsafe(size) }

export class HttpUpgrade implements Upgrade {
  readonly remoteAddress: string | undefined
  readonly secure: boolean
  private readonly transport: SocketTransport
  private readonly waiting: Waiting

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
    this.waiting = new Waiting(this.transport)
  }

  get remotePort(): number | undefined {
    return this.socket.remotePort
  }

  get certificate(): Certificate | undefined {
    return certificateOf(this.socket)
  }

  watch(onLeave: () => void): void {
    this.waiting.watch(onLeave)
  }

  accept(choice: ServerHandshake.Choice): AcceptResult {
    if (!this.waiting.isOpen) return { _tag: "Left" }
    const answer = ServerHandshake.accept(this.offer, choice, answering)
    if (answer._tag === "Problem") return answer
    this.waiting.answered()
    this.transport.write([answer.octets])
    this.waiting.unread()
    return { _tag: "Opened", transport: this.transport }
  }

  refuse(
    status: number,
    headers: HttpHeaders.Given = [],
    body?: Uint8Array
  ): ServerHandshake.ResponseProblem | undefined {
    if (this.waiting.isAnswered) return undefined
    const answer = ServerHandshake.refuse(status, headers, body)
    if (answer._tag === "Problem") return answer
    this.waiting.answered()
    this.refused.end(this.transport, answer.octets)
    return undefined
  }

  /**
   * Leaves the answer to the caller, which writes it to the socket and then calls `end`. `undefined` if it was answered, or the client has
   * left.
   */
  surrender(): { readonly socket: Socket; readonly end: () => void } | undefined {
    if (!this.waiting.isOpen) return undefined
    this.waiting.answered()
    return { socket: this.socket, end: () => this.refused.end(this.transport, new Uint8Array(0)) }
  }
}
