/**
 * Streams of HTTP/2 sessions, on our port or the user's server -> judged, and given to `Serving` as upgrades, or refused: like `Requests`
 * for HTTP/1.1.
 */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerConnect from "@effect-ws/codec/ServerConnect"
import type { Config } from "@effect-ws/codec/ServerHandshake"
import * as Serving from "@effect-ws/platform/host/Serving"
import type * as Effect from "effect/Effect"
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2"
import type { Socket } from "node:net"
import * as proxies from "./proxies.js"
import * as refusals from "./refusals.js"
import type { RefusedSockets } from "./RefusedSockets.js"
import { respond, StreamUpgrade } from "./StreamUpgrade.js"

/** A stream whose HEADERS have arrived. */
export interface OpenedStream {
  readonly stream: ServerHttp2Stream
  /** Of its session. */
  readonly socket: Socket
  readonly head: ServerConnect.RequestHead
  /** The same fields, as Node has them. */
  readonly headers: IncomingHttpHeaders
}

export interface Settings {
  readonly head: HttpHead.Limits
  /** The path of the health check. */
  readonly health: string | undefined
  readonly serving: Serving.Serving
  readonly refused: RefusedSockets
  readonly configFor: (socket: Socket) => Config
  /** The address of the client of a refused request. */
  readonly clientOf: (headers: HttpHeaders.Headers, socket: Socket) => string | undefined
  readonly log: (line: Effect.Effect<void>) => void
}

export class StreamRequests {
  constructor(private readonly settings: Settings) {}

  /** `onRight` sees a request that was judged to be right, before it is served. */
  onStream(opened: OpenedStream, onRight?: (upgrade: StreamUpgrade) => void): void {
    const { head, socket, stream } = opened
    const { configFor, refused, serving } = this.settings
    if (stream.destroyed) return
    try {
      if (this.asksForHealth(head)) return this.tellHealth(opened)
      const excess = this.excessOf(head)
      if (excess !== undefined) return this.refuse(opened, { rule: excess, ...HttpHead.rules[excess] })
      const judged = ServerConnect.judge(head, configFor(socket))
      if (judged._tag === "Rejection") {
        return this.refuse(opened, refusals.breachOfConnect(judged), judged.headers)
      }
      const upgrade = new StreamUpgrade(judged, stream, socket, refused, proxies.addressOf(socket))
      onRight?.(upgrade)
      serving.onUpgrade(upgrade)
    } catch (defect) {
      this.onFault("Judging a WebSocket over HTTP/2 failed", defect, stream)
    }
  }

  /** A request that is for no attachment. */
  onForeign(opened: OpenedStream, rule: "PathUnknown" | "TargetInvalid"): void {
    this.refuse(opened, { rule, ...refusals.httpRules[rule] })
  }

  /** A user's function failed. */
  onFault(what: string, defect: unknown, stream: ServerHttp2Stream): void {
    this.settings.log(Serving.fault(what, defect))
    this.answer(stream, 500, [], refusals.bodyOf(500))
  }

  private excessOf(
    { fields }: ServerConnect.RequestHead
  ): "HeadTooLarge" | "TargetTooLong" | "TooManyHeaders" | undefined {
    const { headerLines, octets, target } = this.settings.head
    if (fields.filter(([name]) => !name.startsWith(":")).length > headerLines) return "TooManyHeaders"
    if ((HttpHeaders.first(fields, ":path") ?? "").length > target) return "TargetTooLong"
    return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0) > octets
      ? "HeadTooLarge"
      : undefined
  }

  private asksForHealth({ fields }: ServerConnect.RequestHead): boolean {
    const method = HttpHeaders.first(fields, ":method")
    const path = HttpHeaders.first(fields, ":path") ?? ""
    return this.settings.health !== undefined && (method === "GET" || method === "HEAD") &&
      path.split("?", 1)[0] === this.settings.health
  }

  private tellHealth({ head, stream }: OpenedStream): void {
    const { body, headers, status } = refusals.health(this.settings.serving.isServing())
    // no CONNECT, which a 200 would open
    const octets = Buffer.from(isHead(head) ? "" : body)
    const fields = [[":status", String(status)], ...headers, ...refusals.plainText] as const
    respond(stream, { _tag: "Answer", fields, body: octets }, this.settings.refused)
  }

  private refuse(
    { head, socket, stream }: OpenedStream,
    breach: refusals.Breach,
    headers: HttpHeaders.Headers = []
  ): void {
    const { serving } = this.settings
    if (ServerConnect.asksForWebSocket(head.fields) || breach.rule === "ProtocolUnknown") {
      serving.onRefused({ ...breach, remoteAddress: this.settings.clientOf(head.fields, socket) })
    }
    this.answer(stream, breach.status, headers, isHead(head) ? "" : refusals.bodyOf(breach.status, breach))
  }

  private answer(stream: ServerHttp2Stream, status: number, headers: HttpHeaders.Headers, body: string): void {
    const answer = ServerConnect.refuse(status, [...headers, ...refusals.plainText], Buffer.from(body))
    if (answer._tag === "Answer" && !stream.headersSent) respond(stream, answer, this.settings.refused)
  }
}

const isHead = ({ fields }: ServerConnect.RequestHead): boolean => HttpHeaders.first(fields, ":method") === "HEAD"
