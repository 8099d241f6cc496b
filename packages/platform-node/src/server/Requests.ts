/**
 * Requests of `node:http` servers, ours or the user's -> judged, and given to `Serving` as upgrades, or refused. If a user's function
 * throws, that is a 500 and a line in the log.
 */
import * as Forwarded from "@effect-ws/codec/Forwarded"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Serving from "@effect-ws/platform/host/Serving"
import type { Address, WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type { Http2SecureServer, Http2Server } from "node:http2"
import type * as Https from "node:https"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { Server as TlsServer } from "node:tls"
import { receivingBy } from "../transport/messageMemory.js"
import { primitives } from "../transport/primitives.js"
import { randomMask } from "../transport/randomMask.js"
import { HttpUpgrade } from "./HttpUpgrade.js"
import * as proxies from "./proxies.js"
import * as refusals from "./refusals.js"
import { RefusedSockets } from "./RefusedSockets.js"
import type { ServerSettings } from "./settings.js"
import { type OpenedStream, StreamRequests } from "./StreamRequests.js"
import type { StreamUpgrade } from "./StreamUpgrade.js"

export type AttachedServer = Http.Server | Https.Server | Http2SecureServer | Http2Server

export class Requests {
  private readonly config: ServerHandshake.Config
  /** For requests of trusted proxies. */
  private readonly proxied: ServerHandshake.Config
  /** `undefined` if no proxy is trusted, which saves asking each socket for its peer. */
  private readonly isProxy: ((address: string | undefined) => boolean) | undefined
  private readonly head: HttpHead.Limits
  private readonly streams: StreamRequests
  /** Sockets that were told that this was the last request: pipelined ones after it are not served (9112 §9.6). */
  private readonly answered = new WeakSet<Socket>()

  static make(settings: ServerSettings, health?: string): Effect.Effect<Requests, never, Scope.Scope> {
    return Effect.gen(function*() {
      const { closeOnShutdown, compression, grace, limits, maxConnections, messageMemory, openTimeout } = settings
      const deadlines = yield* Deadlines.make
      const refused = new RefusedSockets(deadlines, limits.dropTimeout)
      yield* Effect.addFinalizer(() => Effect.sync(() => refused.destroyAll()))
      const serving = yield* Serving.make({
        limits,
        deadlines,
        primitives,
        receiving: receivingBy(messageMemory),
        random: randomMask,
        openTimeout,
        grace,
        maxConnections,
        closeOnShutdown,
        compression
      })
      return new Requests(settings, health, serving, refused, yield* Effect.runtime<never>())
    })
  }

  private constructor(
    { head, origin, trustProxy }: ServerSettings,
    private readonly health: string | undefined,
    private readonly serving: Serving.Serving,
    private readonly refused: RefusedSockets,
    private readonly runtime: Runtime.Runtime<never>
  ) {
    const { from = [], headers = [], hops = 1 } = trustProxy ?? {}
    this.config = { origin, forwarded: Forwarded.nothing }
    this.proxied = { origin, forwarded: { headers, hops } }
    this.isProxy = trustProxy === undefined ? undefined : proxies.makeIsAmong(from)
    this.head = head
    this.streams = new StreamRequests({
      head,
      health,
      serving,
      refused,
      configFor: (socket) => this.configFor(socket),
      clientOf: (headers, socket) => this.clientOf(headers, socket),
      log: (line) => this.log(line)
    })
  }

  /** Of HTTP/2. */
  onStream(opened: OpenedStream, onRight?: (upgrade: StreamUpgrade) => void): void {
    this.streams.onStream(opened, onRight)
  }

  onForeignStream(opened: OpenedStream, rule: "PathUnknown" | "TargetInvalid"): void {
    this.streams.onForeign(opened, rule)
  }

  onFaultOfStream(what: string, defect: unknown, { stream }: OpenedStream): void {
    this.streams.onFault(what, defect, stream)
  }

  /** `server` is what listens; `undefined` where that is not known. */
  service(server: AttachedServer | undefined): WebSocketServer["Type"] {
    const { serve, serveMessages } = this.serving
    return {
      serve,
      serveMessages,
      get address() {
        return addressOf(server)
      },
      get url() {
        return Serving.urlOf(addressOf(server), server instanceof TlsServer)
      }
    }
  }

  /** `onRight` sees a valid request before it is served. */
  onUpgrade(
    request: Http.IncomingMessage,
    socket: Socket,
    head: Uint8Array,
    onRight?: (upgrade: HttpUpgrade) => void
  ): void {
    if (this.answered.has(socket)) return this.refused.drain(socket)
    try {
      const judged = this.judge(request)
      if (judged._tag === "Rejection") {
        const { headers } = judged
        return this.refuse(socket, refusals.breachOf(judged), { request, headers })
      }
      const upgrade = new HttpUpgrade(judged, socket, head, this.refused, proxies.addressOf(socket))
      onRight?.(upgrade)
      this.serving.onUpgrade(upgrade)
    } catch (defect) {
      this.onFault("Judging a WebSocket upgrade failed", defect, socket)
    }
  }

  /** A request without an upgrade: the same judge says what is missing. */
  onRequest(request: Http.IncomingMessage, response: Http.ServerResponse): void {
    this.answered.add(request.socket)
    try {
      if (this.asksForHealth(request)) return refusals.respondHealth(response, this.serving.isServing())
      const judged = this.judge(request)
      if (judged._tag === "Offer") return refusals.respond(response, 500, [], refusals.bodyOf(500))
      const breach = refusals.breachOf(judged)
      if (isMeantAsWebSocket(request)) {
        this.tell(breach, this.clientOf(HttpHeaders.fromRaw(request.rawHeaders), request.socket))
      }
      refusals.respond(response, judged.status, judged.headers, refusals.bodyOf(judged.status, breach))
    } catch (defect) {
      this.log(Serving.fault("Judging a request failed", defect))
      refusals.respond(response, 500, [], refusals.bodyOf(500))
    }
  }

  private asksForHealth({ method, url = "" }: Http.IncomingMessage): boolean {
    return this.health !== undefined && (method === "GET" || method === "HEAD") && url.split("?", 1)[0] === this.health
  }

  /** A request that is not HTTP, too large or too slow (6585 §5, 9110 §15.5.9). Other errors end the socket by themselves. */
  onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const rule = refusals.clientErrorOf(error.code ?? "")
    if (rule === undefined || socket.destroyed) {
      socket.destroy()
    } else if (socket.writable) {
      socket.removeAllListeners("data") // the parser's
      this.refuse(socket, { rule, ...refusals.httpRules[rule] })
    }
  }

  /** A request that is for no attachment. */
  onForeign(socket: Socket, rule: keyof typeof refusals.httpRules): void {
    this.refuse(socket, { rule, ...refusals.httpRules[rule] })
  }

  /** A user's function failed. */
  onFault(what: string, defect: unknown, socket: Duplex): void {
    this.log(Serving.fault(what, defect))
    this.refused.refuse(socket, { status: 500, headers: refusals.plainText }, refusals.bodyOf(500))
  }

  private log(line: Effect.Effect<void>): void {
    Runtime.runFork(this.runtime)(line)
  }

  private refuse(
    socket: Duplex,
    breach: refusals.Breach,
    asked?: { readonly request: Http.IncomingMessage; readonly headers: HttpHeaders.Headers }
  ): void {
    this.tell(
      breach,
      asked === undefined
        ? peerOf(socket)
        : this.clientOf(HttpHeaders.fromRaw(asked.request.rawHeaders), asked.request.socket)
    )
    const { status } = breach
    this.refused.refuse(
      socket,
      { status, headers: [...asked?.headers ?? [], ...refusals.plainText] },
      asked?.request.method === "HEAD" ? "" : refusals.bodyOf(status, breach)
    )
  }

  private tell(breach: refusals.Breach, remoteAddress: string | undefined): void {
    this.serving.onRefused({ ...breach, remoteAddress })
  }

  private judge(
    { httpVersion, method = "", rawHeaders, socket, url = "" }: Http.IncomingMessage
  ): ServerHandshake.Offer | ServerHandshake.Rejection {
    if (rawHeaders.length > 2 * this.head.headerLines) return ServerHandshake.malformed("TooManyHeaders")
    if (url.length > this.head.target) return ServerHandshake.malformed("TargetTooLong")
    return ServerHandshake.judge(
      { method, target: url, version: httpVersion, headers: HttpHeaders.fromRaw(rawHeaders) },
      this.configFor(socket)
    )
  }

  private configFor(socket: Socket): ServerHandshake.Config {
    const { config, isProxy, proxied } = this
    return isProxy !== undefined && isProxy(proxies.addressOf(socket)) ? proxied : config
  }

  /** The address of the client of a refused request. */
  private clientOf(headers: HttpHeaders.Headers, socket: Socket): string | undefined {
    const told = Forwarded.read(this.configFor(socket).forwarded, headers)
    return told.address ?? proxies.addressOf(socket)
  }
}

/** `node:http` says of its sockets no more than that they are streams. */
const peerOf = (socket: Duplex): string | undefined => socket instanceof Socket ? proxies.addressOf(socket) : undefined

/** Headers that remain if a proxy drops `Upgrade`. */
const isMeantAsWebSocket = ({ headers }: Http.IncomingMessage): boolean =>
  "sec-websocket-key" in headers || "sec-websocket-version" in headers

const addressOf = (server: AttachedServer | undefined): Address => {
  const address = server?.address() ?? null
  if (address === null) return { _tag: "None" }
  return typeof address === "string"
    ? { _tag: "Unix", path: address }
    : { _tag: "Tcp", host: address.address, port: address.port }
}
