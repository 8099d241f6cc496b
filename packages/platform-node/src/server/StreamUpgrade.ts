/**
 * An extended CONNECT from `node:http2` (RFC 8441): a stream that is open both ways, and the offer. A refused one goes to `RefusedSockets`:
 * its stream ends, and no other.
 */
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerConnect from "@effect-ws/codec/ServerConnect"
import type { Choice, ResponseProblem } from "@effect-ws/codec/ServerHandshake"
import type { AcceptResult, Upgrade } from "@effect-ws/platform/host/Serving"
import type { Certificate } from "@effect-ws/platform/WebSocketServer"
import type { ServerHttp2Stream } from "node:http2"
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { toNode } from "../http2/fields.js"
import { StreamTransport } from "../http2/StreamTransport.js"
import { certificateOf } from "./certificate.js"
import type { RefusedSockets } from "./RefusedSockets.js"
import { Waiting } from "./Waiting.js"

export class StreamUpgrade implements Upgrade {
  readonly remoteAddress: string | undefined
  readonly secure: boolean
  private readonly transport: StreamTransport
  private readonly waiting: Waiting

  constructor(
    readonly offer: ServerConnect.Offer,
    private readonly stream: ServerHttp2Stream,
    /** The socket of the session, which has other streams. */
    private readonly socket: Socket,
    private readonly refused: RefusedSockets,
    peer: string | undefined
  ) {
    this.remoteAddress = offer.forwarded.address ?? peer
    this.secure = offer.forwarded.secure ?? socket instanceof TLSSocket
    this.transport = new StreamTransport(stream)
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

  accept(choice: Choice): AcceptResult {
    if (!this.waiting.isOpen) return { _tag: "Left" }
    const answer = ServerConnect.accept(this.offer, choice)
    if (answer._tag === "Problem") return answer
    this.stream.respond(toNode(answer.fields)) // it throws at a field that Node does not let repeat
    this.waiting.answered()
    this.waiting.unread()
    return { _tag: "Opened", transport: this.transport }
  }

  refuse(status: number, headers: HttpHeaders.Given = [], body?: Uint8Array): ResponseProblem | undefined {
    if (this.waiting.isAnswered) return undefined
    const answer = ServerConnect.refuse(status, headers, body)
    if (answer._tag === "Problem") return answer
    respond(this.stream, answer, this.refused, this.transport)
    this.waiting.answered()
    return undefined
  }

  /** Leaves the answer to the caller, who writes it to the stream and then calls this. `undefined` as of `HttpUpgrade`. */
  surrender(): (() => void) | undefined {
    if (!this.waiting.isOpen) return undefined
    this.waiting.answered()
    return () => {
      this.refused.end(this.transport, new Uint8Array(0))
      this.transport.finish()
    }
  }
}

/** Writes a complete answer, and ends the stream: what the peer still sends is read and dropped (RFC 9113 §8.1). */
export const respond = (
  stream: ServerHttp2Stream,
  { body, fields }: ServerConnect.Answer,
  refused: RefusedSockets,
  transport = new StreamTransport(stream)
): void => {
  if (stream.destroyed) return
  stream.respond(toNode(fields), { endStream: body.length === 0 })
  refused.end(transport, body)
  transport.finish()
}
