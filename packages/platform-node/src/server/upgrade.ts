/**
 * An upgrade that `node:http` has handed over: a socket, what was read behind the head, and the offer. Until it is answered it
 * notes that the client leaves, and keeps what comes early; a refused one is ended, drained for a bounded time and destroyed.
 */
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import type { Receiver } from "@effect-ws/connection/host/Transport"
import type { Accepted, Upgrade } from "@effect-ws/platform/Serving"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { TLSSocket } from "node:tls"
import { defaultHighWaterMark, SocketTransport } from "../transport/SocketTransport.js"

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
    socket: Socket,
    head: Uint8Array,
    private readonly refused: RefusedSockets,
    peer: string | undefined
  ) {
    this.remoteAddress = offer.forwarded.address ?? peer
    this.secure = offer.forwarded.secure ?? socket instanceof TLSSocket
    this.transport = new SocketTransport(socket, Math.max(defaultHighWaterMark, socket.writableHighWaterMark))
    this.transport.unread(head)
  }

  watch(onLeave: () => void): void {
    if (this.state !== "Waiting") return
    const isWatched = this.onLeave !== undefined
    this.onLeave = onLeave
    if (!isWatched) this.transport.attach(this)
  }

  accept(choice: ServerHandshake.Choice): Accepted {
    if (this.state !== "Waiting" || this.transport.stream.destroyed) return { _tag: "Left" }
    const answer = ServerHandshake.accept(this.offer, choice)
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
  ): ServerHandshake.AnswerProblem | undefined {
    if (this.state !== "Waiting") return undefined
    const answer = ServerHandshake.refuse(status, headers, body)
    if (answer._tag === "Problem") return answer
    this.state = "Answered"
    this.refused.end(this.transport, answer.octets)
    return undefined
  }

  /**
   * Leaves the answer to the caller, who writes it to the stream and then calls `end`. `undefined` if there was one, or the client
   * has left.
   */
  surrender(): { readonly stream: Duplex; readonly end: () => void } | undefined {
    if (this.state !== "Waiting" || this.transport.stream.destroyed) return undefined
    this.state = "Answered"
    return { stream: this.transport.stream, end: () => this.refused.end(this.transport, new Uint8Array(0)) }
  }

  onOctets(octets: Uint8Array): void {
    this.early.push(octets)
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

/** Sockets that were told no, and are to go: each at the latest when its time is over. */
export class RefusedSockets {
  private readonly sockets = new Set<SocketTransport>()

  constructor(private readonly deadlines: Deadlines, private readonly drainTimeout: number) {}

  refuse(
    socket: Duplex,
    { headers, status }: Pick<ServerHandshake.Refusal, "headers" | "status">,
    body: string
  ): void {
    const answer = ServerHandshake.refuse(status, headers, Buffer.from(body))
    const transport = new SocketTransport(socket, defaultHighWaterMark)
    this.end(transport, answer._tag === "Encoded" ? answer.octets : new Uint8Array(0))
  }

  /** Ends one that had its answer already. */
  drain(socket: Duplex): void {
    this.end(new SocketTransport(socket, defaultHighWaterMark), new Uint8Array(0))
  }

  /** A reset in place of the end would take the answer with it: so what still comes is read, and dropped. */
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
