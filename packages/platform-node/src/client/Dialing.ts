/**
 * Dials a socket, through the proxy if there is one, with TLS over that. In: a plan. Out: exactly one call, with the socket once it is
 * ready, paused and without listeners, or with the reason why not.
 *
 * For callers that must know which protocol a socket speaks before they use it. It has no deadline of its own.
 */
import { HandshakeReason, type Phase } from "@effect-ws/platform/HandshakeError"
import type { Socket } from "node:net"

export class Dialing {
  phase: Extract<Phase, "connecting" | "securing">

  constructor(
    private readonly socket: Socket,
    private readonly secure: boolean,
    private readonly done: (reason: HandshakeReason | undefined) => void
  ) {
    this.phase = socket.connecting ? "connecting" : "securing"
    socket.on("connect", this.onConnect)
    if (secure) socket.on("secureConnect", this.onReady)
    socket.on("error", this.onError)
    socket.on("close", this.onError)
    if (!socket.connecting && !secure) queueMicrotask(this.onReady)
  }

  /** Gives up. */
  readonly abandon = (): void => {
    this.forget()
    this.socket.on("error", ignore) // it comes too late to matter, but without a listener it would end the process
    this.socket.destroy()
  }

  private forget(): void {
    this.socket.off("connect", this.onConnect)
    this.socket.off("secureConnect", this.onReady)
    this.socket.off("error", this.onError)
    this.socket.off("close", this.onError)
  }

  private readonly onConnect = (): void => {
    if (this.secure) this.phase = "securing"
    else this.onReady()
  }

  private readonly onReady = (): void => {
    this.forget()
    this.done(undefined)
  }

  private readonly onError = (cause?: unknown): void => {
    const { phase } = this
    this.abandon()
    this.done(phase === "connecting" ? HandshakeReason.Unreachable({ cause }) : HandshakeReason.TlsFailed({ cause }))
  }
}

const ignore = (): void => {}
