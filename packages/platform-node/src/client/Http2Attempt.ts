/**
 * An attempt over HTTP/2. In: a plan, where to find a session, and what to do if there is none. Out: exactly one call, and a way to give up
 * before it.
 *
 * If the server speaks only HTTP/1.1, takes no extended CONNECT (RFC 8441 §3), or asks for HTTP/1.1 on this request (HTTP_1_1_REQUIRED,
 * RFC 9113 §7), the same attempt goes on over HTTP/1.1, within the same time. A stream that was refused unprocessed (REFUSED_STREAM, RFC
 * 9113 §8.7) is tried again. So is, once, in another session, a stream that is too much for its session (ENHANCE_YOUR_CALM, which Node's
 * server then sends).
 */
import * as ClientConnect from "@effect-ws/codec/ClientConnect"
import type { Deadline, Deadlines, Expiring } from "@effect-ws/connection/host/Deadlines"
import { HandshakeReason, invalidRequest } from "@effect-ws/platform/HandshakeError"
import { StreamReset } from "@effect-ws/platform/Http2Error"
import type { Socket } from "node:net"
import { toNode } from "../http2/fields.js"
import type { ClientSession } from "./ClientSession.js"
import type { Result } from "./Exchange.js"
import type { Plan } from "./plan.js"
import type { Found, Lack, Waiter } from "./Sessions.js"
import { StreamExchange } from "./StreamExchange.js"

export interface Ways {
  readonly find: (found: (found: Found) => void) => Waiter
  /** `undefined` where HTTP/2 is required. */
  readonly fallBack: ((socket: Socket | undefined) => () => void) | undefined
  readonly done: (result: Result) => void
}

export class Http2Attempt implements Expiring {
  private deadline: Deadline | undefined = undefined
  private waiter: Waiter | undefined = undefined
  private giveUp = (): void => {}
  private isOver = false
  private refusals = 0
  private wasTooMuch = false

  constructor(private readonly plan: Plan, private readonly deadlines: Deadlines, private readonly ways: Ways) {}

  start(): void {
    this.isOver = false
    this.deadline = this.deadlines.start(Math.max(0, this.plan.due - this.deadlines.now()), this)
    this.find()
  }

  readonly abandon = (): void => {
    this.settle()
    this.waiter?.abandon()
    this.giveUp()
  }

  /** Before there is a session; after that, the exchange has its own deadline. */
  onDeadline(): void {
    const during = this.waiter?.phase() ?? "connecting"
    this.waiter?.abandon()
    this.end(HandshakeReason.Timeout({ after: this.plan.timeout, during }))
  }

  private find(): void {
    this.waiter = undefined
    const waiter = this.ways.find((found) => {
      this.waiter = undefined
      if (this.isOver) return
      switch (found._tag) {
        case "Session":
          return found.session.isFree ? this.ask(found.session) : this.find()
        case "Http1":
          return this.fallBack(found.why, found.socket)
        case "Failed":
          return this.end(found.reason)
      }
    })
    if (!this.isOver) this.waiter = waiter
  }

  private ask(session: ClientSession): void {
    const { request: { target, wishes } } = this.plan
    const request = ClientConnect.request(target, wishes, { enableConnectProtocol: session.isEnabled })
    if (request._tag === "Problem") return this.end(invalidRequest(request.rule, request.part))
    try {
      const stream = session.request(toNode(request.fields))
      this.settle()
      this.giveUp = new StreamExchange(stream, request.fields, this.plan, this.deadlines, (result) => {
        const code = resetOf(result)
        if (code === http11Required && this.ways.fallBack !== undefined) return this.fallBack("NotEnabled", undefined)
        if (code === enhanceYourCalm && !this.wasTooMuch) {
          this.wasTooMuch = true
          session.exhaust()
          return this.start()
        }
        if (code === refusedStream && this.refusals++ < mostRefusals) return this.start()
        this.ways.done(result)
      }).abandon
    } catch {
      // A field that Node lets nobody repeat over HTTP/2, of the user's.
      this.end(invalidRequest("HeaderReserved", ""))
    }
  }

  private fallBack(why: Lack, socket: Socket | undefined): void {
    const { fallBack } = this.ways
    if (fallBack === undefined) {
      socket?.destroy()
      return this.end(HandshakeReason.NoHttp2({ why }))
    }
    this.settle()
    this.giveUp = fallBack(socket)
  }

  private end(reason: HandshakeReason): void {
    this.settle()
    this.ways.done(reason)
  }

  private settle(): void {
    this.isOver = true
    if (this.deadline !== undefined) this.deadlines.cancel(this.deadline)
    this.deadline = undefined
  }
}

/** The code of the reset that ended a stream before its answer. */
const resetOf = (result: Result): number | undefined =>
  result._tag === "Dropped" && result.cause._tag === "Reset" && result.cause.error instanceof StreamReset
    ? result.cause.error.code
    : undefined

const refusedStream = 0x7
const enhanceYourCalm = 0xb
const http11Required = 0xd

/** It may have crossed a GOAWAY: then the next has another session. */
const mostRefusals = 3
