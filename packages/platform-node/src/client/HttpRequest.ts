/**
 * One HTTP request on a socket that is connecting or connected: writes it once the socket is ready, and reads the head of the answer. In: a
 * socket's events, and the passing of time. Out: one head, with what comes after it; or the reason why there is none.
 *
 * It owns the socket until it releases it, paused and without listeners. If there is no head, the socket is destroyed. It does not know
 * what the answer means.
 */
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import { DropCause } from "@effect-ws/connection/CloseOutcome"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import { HandshakeReason, type Phase, violation } from "@effect-ws/platform/HandshakeError"
import type * as Duration from "effect/Duration"
import type { Socket } from "node:net"

export interface Asking {
  readonly request: Uint8Array
  /** Whether the socket is one of TLS. */
  readonly secure: boolean
  readonly head: HttpHead.Limits
  readonly timeout: Duration.Duration
  /** When {@link timeout} is over, by the clock of the deadlines: other requests may have taken some of it. */
  readonly due: number
  /** What the request waits for once it is written. */
  readonly phase: Extract<Phase, "proxy" | "answer">
}

export interface Answering {
  /** The head of the final response, and the bytes that came with it. */
  readonly onHead: (head: HttpHead.ResponseHead, rest: Uint8Array) => void
  /** Bytes that come after the head was given, until the socket is released. */
  readonly onOctets: (octets: Uint8Array) => void
  /** The end, an error, or too late. The socket is destroyed. */
  readonly onFailed: (reason: HandshakeReason) => void
}

export class HttpRequest implements Expiring {
  private phase: Phase = "connecting"
  /** `undefined` behind the head. */
  private carry: FinalResponse.Carry | undefined
  private readonly deadline: Deadline

  constructor(
    private readonly socket: Socket,
    private readonly asking: Asking,
    private readonly deadlines: Deadlines,
    private readonly answering: Answering
  ) {
    this.carry = FinalResponse.start(asking.head)
    this.deadline = deadlines.start(Math.max(0, asking.due - deadlines.now()), this)
    socket.on("connect", this.onConnect)
    if (asking.secure) socket.on("secureConnect", this.onSecure)
    socket.on("data", this.onData)
    socket.on("error", this.onError)
    socket.on("end", this.onEnd)
    socket.on("close", this.onEnd)
    if (!socket.connecting) {
      this.onConnect()
      socket.resume()
    }
  }

  /** Gives up. */
  readonly abandon = (): void => {
    this.forget()
    this.socket.on("error", ignore) // it comes too late to matter, but without a listener it would end the process
    this.socket.destroy()
  }

  /** Hands the socket over. */
  release(): void {
    this.forget()
    this.socket.pause() // it would flow on without a listener, and lose what comes
  }

  private forget(): void {
    this.deadlines.cancel(this.deadline)
    this.socket.off("connect", this.onConnect)
    this.socket.off("secureConnect", this.onSecure)
    this.socket.off("data", this.onData)
    this.socket.off("error", this.onError)
    this.socket.off("end", this.onEnd)
    this.socket.off("close", this.onEnd)
  }

  onDeadline(): void {
    this.fail(HandshakeReason.Timeout({ after: this.asking.timeout, during: this.phase }))
  }

  private readonly onConnect = (): void => {
    if (this.asking.secure) this.phase = "securing"
    else this.ask()
  }

  private readonly onSecure = (): void => this.ask()

  private ask(): void {
    this.phase = this.asking.phase
    this.socket.write(this.asking.request)
  }

  private readonly onData = (chunk: Buffer): void => {
    const octets = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.carry === undefined) return this.answering.onOctets(octets)
    const step = FinalResponse.feed(this.carry, octets)
    switch (step._tag) {
      case "NeedMore":
        this.carry = step.carry
        return
      case "Problem":
        return this.fail(violation(ClientHandshake.malformed(step.rule)))
      case "Head":
        this.carry = undefined
        return this.answering.onHead(step.head, step.rest)
    }
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
    this.answering.onFailed(reason)
  }
}

const ignore = (): void => {}
