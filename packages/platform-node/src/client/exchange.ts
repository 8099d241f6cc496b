/**
 * The client's opening handshake on a socket that is connecting, or connected: writes the request, reads the head of the answer and, of a
 * refusal, its body. In: a socket's events, and the passing of time. Out: exactly one call, with what was agreed and the octets
 * behind the head, or with the reason why not.
 *
 * The socket is the exchange's until that call: it comes out paused and without listeners, or destroyed.
 */
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import { DropCause } from "@effect-ws/connection/CloseOutcome"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import { HandshakeReason, type Phase, violation } from "@effect-ws/platform/HandshakeError"
import type * as Duration from "effect/Duration"
import type { Socket } from "node:net"
import { ResponseBody } from "./responseBody.js"

export interface Settings {
  readonly target: ClientHandshake.Target
  readonly request: Uint8Array
  readonly expected: ClientHandshake.Expected
  readonly head: HttpHead.Limits
  /** Octets to keep of the body of a refusal. */
  readonly bodySize: number
  readonly timeout: Duration.Duration
  /** When {@link timeout} is over, by the clock of the deadlines: other requests may have taken some of it. */
  readonly due: number
}

export type Result =
  | { readonly _tag: "Opened"; readonly accepted: ClientHandshake.Accepted; readonly rest: Uint8Array }
  | HandshakeReason

export class Exchange implements Expiring {
  private phase: Phase = "connecting"
  private carry: FinalResponse.Carry
  private refusal: { readonly head: ClientHandshake.Refused; readonly body: ResponseBody } | undefined
  private readonly deadline: Deadline

  constructor(
    private readonly socket: Socket,
    private readonly settings: Settings,
    private readonly deadlines: Deadlines,
    private readonly done: (result: Result) => void
  ) {
    this.carry = FinalResponse.start(settings.head)
    this.deadline = deadlines.start(Math.max(0, settings.due - deadlines.now()), this)
    socket.on("connect", this.onConnect)
    if (settings.target.secure) socket.on("secureConnect", this.onSecure)
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
    this.release()
    this.socket.on("error", ignore) // it comes too late to matter, but without a listener it would end the process
    this.socket.destroy()
  }

  private release(): void {
    this.deadlines.cancel(this.deadline)
    this.socket.off("connect", this.onConnect)
    this.socket.off("secureConnect", this.onSecure)
    this.socket.off("data", this.onData)
    this.socket.off("error", this.onError)
    this.socket.off("end", this.onEnd)
    this.socket.off("close", this.onEnd)
  }

  onDeadline(): void {
    this.fail(this.refused ?? HandshakeReason.Timeout({ after: this.settings.timeout, during: this.phase }))
  }

  private readonly onConnect = (): void => {
    if (this.settings.target.secure) this.phase = "securing"
    else this.ask()
  }

  private readonly onSecure = (): void => this.ask()

  private ask(): void {
    this.phase = "answer"
    this.socket.write(this.settings.request)
  }

  private readonly onData = (chunk: Buffer): void => {
    const octets = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.refusal !== undefined) return this.readBody(octets)
    const step = FinalResponse.feed(this.carry, octets)
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

  private judge(head: HttpHead.ResponseHead, rest: Uint8Array): void {
    const answer = ClientHandshake.verify(head, this.settings.expected)
    switch (answer._tag) {
      case "Violated":
        return this.fail(violation(answer))
      case "Accepted":
        return this.open(answer, rest)
      case "Refused":
        this.refusal = {
          head: answer,
          body: new ResponseBody(answer.status, answer.headers, this.settings.bodySize)
        }
        return this.readBody(rest)
    }
  }

  private readBody(octets: Uint8Array): void {
    this.refusal?.body.feed(octets)
    if (this.refusal?.body.isComplete === true) this.onEnd()
  }

  /** A refusal, with what came of its body. */
  private get refused(): HandshakeReason | undefined {
    if (this.refusal === undefined) return undefined
    const { body, head: { headers, status } } = this.refusal
    return HandshakeReason.Refused({ status, headers, body: body.content })
  }

  private readonly onEnd = (): void => this.fail(this.refused ?? HandshakeReason.Dropped({ cause: DropCause.Eof() }))

  private readonly onError = (error: unknown): void => this.fail(this.refused ?? this.broken(error))

  private broken(error: unknown): HandshakeReason {
    switch (this.phase) {
      case "connecting":
      case "proxy":
        return HandshakeReason.Unreachable({ cause: error })
      case "securing":
        return HandshakeReason.TlsFailed({ cause: error })
      case "answer":
        return HandshakeReason.Dropped({ cause: DropCause.Reset({ error }) })
    }
  }

  private open(accepted: ClientHandshake.Accepted, rest: Uint8Array): void {
    this.release()
    this.socket.pause() // it would flow on without a listener, and lose what comes
    this.done({ _tag: "Opened", accepted, rest })
  }

  private fail(reason: HandshakeReason): void {
    this.abandon()
    this.done(reason)
  }
}

const ignore = (): void => {}
