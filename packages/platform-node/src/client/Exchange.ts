/**
 * The client's opening handshake on a socket: writes the request and judges the answer; it also reads the body of a refusal. In: a plan,
 * and a socket that is connecting or connected. Out: exactly one call, with what was agreed and a transport that has the bytes after the
 * head, or with the reason why not.
 *
 * The socket is the exchange's until that call: it comes out with the listeners of the transport alone, or destroyed.
 */
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import type { Transport } from "@effect-ws/connection/host/Transport"
import { HandshakeReason, violation } from "@effect-ws/platform/HandshakeError"
import type { Socket } from "node:net"
import { primitives } from "../transport/primitives.js"
import { SocketTransport } from "../transport/SocketTransport.js"
import { type Answering, HttpRequest } from "./HttpRequest.js"
import type { Plan } from "./plan.js"
import { ResponseBody } from "./ResponseBody.js"

/** Opened, on which transport; or why not. */
export type Result =
  | {
    readonly _tag: "Opened"
    readonly transport: Transport
    readonly accepted: ClientHandshake.Established
    /** As it was written; over HTTP/2, its fields. */
    readonly request: Uint8Array | Headers
  }
  | HandshakeReason

export class Exchange implements Answering {
  private readonly request: HttpRequest
  /** The refusal whose body is being read. */
  private refusal: RefusalBeingRead | undefined = undefined

  constructor(
    private readonly socket: Socket,
    private readonly plan: Plan,
    deadlines: Deadlines,
    private readonly done: (result: Result) => void,
    /** Whether TLS is still to be set up. */
    secure = plan.request.target.secure
  ) {
    this.request = new HttpRequest(
      socket,
      { ...plan, request: plan.request.octets, secure, phase: "answer" },
      deadlines,
      this
    )
  }

  /** Gives up. */
  readonly abandon = (): void => this.request.abandon()

  onHead(head: HttpHead.ResponseHead, rest: Uint8Array): void {
    const { bodySize, request } = this.plan
    const answer = ClientHandshake.verify(head, request.expected, primitives)
    switch (answer._tag) {
      case "Violated":
        return this.fail(violation(answer))
      case "Established":
        this.request.release()
        return this.done({
          _tag: "Opened",
          transport: SocketTransport.of(this.socket, rest),
          accepted: answer,
          request: request.octets
        })
      case "Refused":
        this.refusal = { head: answer, body: new ResponseBody(answer.status, answer.headers, bodySize) }
        return this.readBody(this.refusal, rest)
    }
  }

  onOctets(octets: Uint8Array): void {
    if (this.refusal !== undefined) this.readBody(this.refusal, octets)
  }

  /** Whatever ends the body of a refusal, it stays a refusal, with the part of the body that arrived. */
  onFailed(reason: HandshakeReason): void {
    this.done(this.refusal === undefined ? reason : refused(this.refusal))
  }

  private readBody(refusal: RefusalBeingRead, octets: Uint8Array): void {
    refusal.body.feed(octets)
    if (refusal.body.isComplete) this.fail(refused(refusal))
  }

  private fail(reason: HandshakeReason): void {
    this.abandon()
    this.done(reason)
  }
}

interface RefusalBeingRead {
  readonly head: ClientHandshake.Refused
  readonly body: ResponseBody
}

const refused = ({ body, head: { headers, status } }: RefusalBeingRead): HandshakeReason =>
  HandshakeReason.Refused({ status, headers, body: body.content })
