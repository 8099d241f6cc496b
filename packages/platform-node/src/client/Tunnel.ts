/**
 * A way through an HTTP proxy (RFC 9110 §9.3.6): asks it to connect, and judges its answer. In: a socket that is connecting to the
 * proxy. Out: exactly one call, with nothing once the socket is one to the server, or with the reason why not.
 *
 * The socket is the tunnel's until that call: it comes out paused and without listeners, or destroyed.
 */
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import type { Socket } from "node:net"
import { type Answering, type Asking, HttpRequest } from "./HttpRequest.js"

export class Tunnel implements Answering {
  private readonly request: HttpRequest

  constructor(
    private readonly socket: Socket,
    asking: Omit<Asking, "phase">,
    deadlines: Deadlines,
    private readonly done: (reason: HandshakeReason | undefined) => void
  ) {
    this.request = new HttpRequest(socket, { ...asking, phase: "proxy" }, deadlines, this)
  }

  /** Gives up. */
  readonly abandon = (): void => this.request.abandon()

  onHead({ headers, status }: HttpHead.ResponseHead, rest: Uint8Array): void {
    if (status < 200 || status >= 300) {
      this.abandon()
      return this.done(HandshakeReason.ProxyFailed({ status, headers }))
    }
    this.request.release()
    if (rest.length > 0) this.socket.unshift(rest)
    this.done(undefined)
  }

  /** None: the socket is let go with the head. */
  onOctets(): void {}

  onFailed(reason: HandshakeReason): void {
    this.done(reason)
  }
}
