/**
 * The client's opening handshake on an HTTP/2 stream (RFC 8441 §5): sends the request and judges the answer; it also reads the body of a
 * refusal. In: a plan, and a stream. Out: exactly one call, with what was agreed, or with the reason why not.
 *
 * The stream is the exchange's until that call: it comes out with the listeners of a transport alone, or destroyed.
 */
import * as ClientConnect from "@effect-ws/codec/ClientConnect"
import type * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as FinalResponse from "@effect-ws/codec/FinalResponse"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import { DropCause } from "@effect-ws/connection/CloseOutcome"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import type { Receiver } from "@effect-ws/connection/host/Transport"
import { HandshakeReason, violation } from "@effect-ws/platform/HandshakeError"
import type { ClientHttp2Stream } from "node:http2"
import { StreamTransport } from "../http2/StreamTransport.js"
import type { Result } from "./Exchange.js"
import type { Plan } from "./plan.js"

export class StreamExchange implements Expiring, Receiver {
  private readonly transport: StreamTransport
  private readonly deadline: Deadline
  private refusal: ClientHandshake.Refused | undefined = undefined
  private body: Array<Uint8Array> = []
  private bodySize = 0
  private isOver = false

  constructor(
    private readonly stream: ClientHttp2Stream,
    /** The fields that it asks with. */
    private readonly fields: HttpHeaders.Headers,
    private readonly plan: Plan,
    private readonly deadlines: Deadlines,
    private readonly done: (result: Result) => void
  ) {
    this.transport = new StreamTransport(stream)
    this.deadline = deadlines.start(Math.max(0, plan.due - deadlines.now()), this)
    stream.on("response", this.onResponse)
    stream.on("headers", this.onInterim)
    stream.on("close", this.onClose)
  }

  /** Gives up. */
  readonly abandon = (): void => {
    this.isOver = true
    this.forget()
    this.transport.destroy()
  }

  onDeadline(): void {
    if (this.refusal !== undefined) return this.refuse(this.refusal)
    this.fail(HandshakeReason.Timeout({ after: this.plan.timeout, during: "answer" }))
  }

  private readonly onResponse = (_headers: unknown, _flags: number, rawHeaders: ReadonlyArray<string> = []): void => {
    const { request } = this.plan
    const answer = ClientConnect.verify(HttpHeaders.fromRaw(rawHeaders), request.expected)
    switch (answer._tag) {
      case "Violated":
        return this.fail(violation(answer))
      case "Established":
        this.forget()
        return this.done({ _tag: "Opened", transport: this.transport, accepted: answer, request: this.fields })
      case "Refused":
        if (this.plan.bodySize === 0) return this.refuse(answer)
        this.refusal = answer
        this.transport.attach(this)
    }
  }

  /** As many as over HTTP/1.1 are passed over. */
  private interim = 0
  private readonly onInterim = (): void => {
    if (++this.interim > FinalResponse.maxInterim) {
      this.fail(
        violation({ _tag: "Violated", rule: "TooManyInterim", detail: `more than ${FinalResponse.maxInterim}` })
      )
    }
  }

  private readonly onClose = (): void => {
    if (this.refusal !== undefined) return this.refuse(this.refusal)
    const { error } = this.transport
    this.fail(HandshakeReason.Dropped({ cause: error === undefined ? DropCause.Eof() : DropCause.Reset({ error }) }))
  }

  onOctets(octets: Uint8Array): void {
    const taken = octets.slice(0, this.plan.bodySize - this.bodySize)
    this.body.push(taken)
    this.bodySize += taken.length
    if (this.refusal !== undefined && this.bodySize === this.plan.bodySize) this.refuse(this.refusal)
  }

  onDrained(): void {}

  /** Whatever ends the body of a refusal, it stays a refusal, with the part of the body that arrived. */
  onEnd(): void {
    if (this.refusal !== undefined) this.refuse(this.refusal)
  }

  onClosed(): void {
    this.onEnd()
  }

  private refuse({ headers, status }: ClientHandshake.Refused): void {
    this.fail(HandshakeReason.Refused({ status, headers, body: new Uint8Array(Buffer.concat(this.body)) }))
  }

  private fail(reason: HandshakeReason): void {
    if (this.isOver) return
    this.isOver = true
    this.abandon()
    this.done(reason)
  }

  private forget(): void {
    this.deadlines.cancel(this.deadline)
    this.stream.off("response", this.onResponse)
    this.stream.off("headers", this.onInterim)
    this.stream.off("close", this.onClose)
  }
}
