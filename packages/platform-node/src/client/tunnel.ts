/**
 * A way through an HTTP proxy (RFC 9110 §9.3.6): asks it to connect, and reads the head of its answer. In: a socket that is
 * connecting to the proxy. Out: exactly one call, with nothing once the socket is one to the server, or with the reason why not.
 *
 * The socket is the tunnel's until that call: it comes out paused and without listeners, or destroyed.
 */
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import { DropCause } from "@effect-ws/connection/CloseOutcome"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import { HandshakeReason, type Phase, violation } from "@effect-ws/platform/HandshakeError"
import type * as Duration from "effect/Duration"
import type { Socket } from "node:net"

export interface Settings {
  /** To the proxy itself. */
  readonly secure: boolean
  readonly request: Uint8Array
  readonly head: HttpHead.Limits
  readonly timeout: Duration.Duration
  /** When {@link timeout} is over, by the clock of the deadlines. */
  readonly due: number
}

export class Tunnel implements Expiring {
  private phase: Phase = "connecting"
  private carry: FinalResponse.Carry
  private readonly deadline: Deadline

  constructor(
    private readonly socket: Socket,
    private readonly settings: Settings,
    private readonly deadlines: Deadlines,
    private readonly done: (result: HandshakeReason | undefined) => void
  ) {
    this.carry = FinalResponse.start(settings.head)
    this.deadline = deadlines.start(Math.max(0, settings.due - deadlines.now()), this)
    socket.on(settings.secure ? "secureConnect" : "connect", this.onReady)
    if (settings.secure) socket.on("connect", this.onConnect)
    socket.on("data", this.onData)
    socket.on("error", this.onError)
    socket.on("end", this.onEnd)
    socket.on("close", this.onEnd)
  }

  /** Gives up. */
  readonly abandon = (): void => {
    this.release()
    this.socket.on("error", ignore) // it comes too late to matter, but without a listener it would end the process
    this.socket.destroy()
  }

  private release(): void {
    this.deadlines.cancel(this.deadline)
    this.socket.off(this.settings.secure ? "secureConnect" : "connect", this.onReady)
    this.socket.off("connect", this.onConnect)
    this.socket.off("data", this.onData)
    this.socket.off("error", this.onError)
    this.socket.off("end", this.onEnd)
    this.socket.off("close", this.onEnd)
  }

  onDeadline(): void {
    this.fail(HandshakeReason.Timeout({ after: this.settings.timeout, during: this.phase }))
  }

  private readonly onConnect = (): void => {
    this.phase = "securing"
  }

  private readonly onReady = (): void => {
    this.phase = "proxy"
    this.socket.write(this.settings.request)
  }

  private readonly onData = (chunk: Buffer): void => {
    const step = FinalResponse.feed(this.carry, new Uint8Array(chunk))
    switch (step._tag) {
      case "NeedMore":
        this.carry = step.carry
        return
      case "Problem":
        return this.fail(violation(ClientHandshake.malformed(step.rule)))
      case "Head":
        return this.judge(step.head, step.rest)
    }
  }

  private judge({ headers, status }: HttpHead.ResponseHead, rest: Uint8Array): void {
    if (status >= 200 && status < 300) return this.open(rest)
    this.fail(HandshakeReason.ProxyFailed({ status, headers }))
  }

  private open(rest: Uint8Array): void {
    this.release()
    this.socket.pause() // it would flow on without a listener, and lose what comes
    if (rest.length > 0) this.socket.unshift(rest)
    this.done(undefined)
  }

  private readonly onEnd = (): void => this.fail(HandshakeReason.Dropped({ cause: DropCause.Eof() }))

  private readonly onError = (error: unknown): void => this.fail(this.broken(error))

  private broken(error: unknown): HandshakeReason {
    switch (this.phase) {
      case "connecting":
        return HandshakeReason.Unreachable({ cause: error })
      case "securing":
        return HandshakeReason.TlsFailed({ cause: error })
      case "proxy":
      case "answer":
        return HandshakeReason.Dropped({ cause: DropCause.Reset({ error }) })
    }
  }

  private fail(reason: HandshakeReason): void {
    this.abandon()
    this.done(reason)
  }
}

const ignore = (): void => {}
