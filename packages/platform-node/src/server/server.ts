/**
 * `NodeWebSocketServer`: requests of `node:http` and `node:https` servers, ours or the user's -> judged, and handed to `Serving`
 * as upgrades, or refused.
 */
import * as Forwarded from "@effect-ws/codec/Forwarded"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import { attempt, type InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Serving from "@effect-ws/platform/Serving"
import type { Address, WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import { ServeError } from "@effect-ws/platform/WebSocketServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { Http2SecureServer } from "node:http2"
import * as Https from "node:https"
import { type ListenOptions, Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { PortSettings, ServerSettings } from "../internal/options.js"
import * as options from "../internal/options.js"
import { primitives } from "../NodePrimitives.js"
import type { AttachOptions, Options, Peers } from "../NodeWebSocketServer.js"
import { randomMask } from "../transport/randomMask.js"
import * as tlsCallbacks from "../transport/tlsCallbacks.js"
import { Attachments } from "./attachments.js"
import * as Proxies from "./proxies.js"
import { HttpUpgrade, RefusedSockets } from "./upgrade.js"

export type HttpServer = Http.Server | Https.Server
/** Of HTTP/2 it takes what comes over HTTP/1.1: `allowHTTP1` is to be set. */
export type AttachedServer = HttpServer | Http2SecureServer
type Service = WebSocketServer["Type"]

// ---------------------------------------------------------------------------------------------------------------
// A port of its own
// ---------------------------------------------------------------------------------------------------------------

export const make = (given: Options): Effect.Effect<Service, ServeError | InvalidOption, Scope.Scope> =>
  Effect.gen(function*() {
    const settings = yield* attempt(() => options.readPort(given))
    const runtime = yield* Effect.runtime<never>()
    const onFault: tlsCallbacks.OnFault = (what, defect) => void Runtime.runFork(runtime)(Serving.fault(what, defect))
    const server = yield* Effect.try({
      try: () => createServer(settings, onFault),
      catch: (cause) => new ServeError({ cause }) // a certificate or key that cannot be read
    })
    const { openTimeout, proxyProtocol } = settings
    if (proxyProtocol !== undefined) yield* expectProxy(server, proxyProtocol, openTimeout)
    if (settings.tls !== undefined || proxyProtocol !== undefined) trackSockets(server)
    // Finalizers run from the last to the first: stop listening, close all connections, drop what is left of the sockets.
    yield* Effect.addFinalizer(() => Effect.sync(() => dropConnections(server)))
    const requests = yield* Requests.make(settings)
    server.on(
      "upgrade",
      (request: Http.IncomingMessage, socket: Socket, head: Uint8Array) => requests.onUpgrade(request, socket, head)
    )
    server.on(
      "connect",
      (request: Http.IncomingMessage, socket: Socket, head: Uint8Array) => requests.onUpgrade(request, socket, head)
    )
    server.on(
      "request",
      (request: Http.IncomingMessage, response: Http.ServerResponse) => requests.onRequest(request, response)
    )
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => requests.onClientError(error, socket))
    yield* listen(server, settings.listen)
    return requests.service(server)
  })

const createServer = (
  { head: { headerLines, octets }, openTimeout, tls }: PortSettings,
  onFault: tlsCallbacks.OnFault
): HttpServer => {
  const timeout = Math.ceil(Duration.toMillis(openTimeout))
  const settings = {
    maxHeaderSize: octets,
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(500, Math.max(20, Math.ceil(timeout / 4))),
    // Ours is the answer: `judge` wants a Host too.
    requireHostHeader: false,
    shouldUpgradeCallback: asksForWebSocket
  }
  const server = tls === undefined
    ? Http.createServer(settings)
    : Https.createServer({ ...settings, handshakeTimeout: timeout, ...tlsCallbacks.ofServer(tls, onFault) })
  // Node drops the lines beyond it; this one more tells that there were too many.
  server.maxHeadersCount = headerLines + 1
  return server
}

const expectProxy = (
  server: HttpServer,
  { from }: { readonly from: Peers },
  timeout: Duration.Duration
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    const runtime = yield* Effect.runtime<never>()
    Proxies.expectHeaders(server, {
      peers: from,
      deadlines,
      timeout: Duration.toMillis(timeout),
      onDropped: (rule, remoteAddress) => {
        const line = Effect.annotateLogs(
          Effect.logWarning("Dropped a connection without a right PROXY header"),
          { rule, ...(remoteAddress === undefined ? {} : { remoteAddress }) }
        )
        Runtime.runFork(runtime)(Effect.catchAllCause(line, () => Effect.void)) // a logger may fail
      }
    })
  })

const asksForWebSocket = (request: Http.IncomingMessage): boolean =>
  ServerHandshake.asksForWebSocket(HttpHeaders.fromRaw(request.rawHeaders))

/** `closeAllConnections` does not know sockets that are amid their TLS handshake, or before their PROXY header. */
const trackSockets = (server: HttpServer): void => {
  const sockets = new Set<Socket>()
  function forget(this: Socket): void {
    sockets.delete(this)
  }
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", forget)
  })
  tracked.set(server, sockets)
}

const tracked = new WeakMap<HttpServer, Set<Socket>>()

const dropConnections = (server: HttpServer): void => {
  server.closeAllConnections()
  for (const socket of tracked.get(server) ?? []) socket.destroy()
}

const listen = (server: HttpServer, options: ListenOptions): Effect.Effect<void, ServeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<void, ServeError>((resume) => {
      const onError = (cause: unknown): void => resume(Effect.fail(new ServeError({ cause })))
      server.once("error", onError)
      try {
        server.listen(options, () => {
          server.off("error", onError)
          server.on("error", () => {}) // of accepting one connection (too many open files): the next may succeed
          resume(Effect.void)
        })
      } catch (cause) { // of what Node does not take
        onError(cause)
      }
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeIdleConnections()
      })
  )

// ---------------------------------------------------------------------------------------------------------------
// A server of the user's
// ---------------------------------------------------------------------------------------------------------------

export const attach = (server: AttachedServer, given: AttachOptions): Effect.Effect<Service, never, Scope.Scope> =>
  Effect.gen(function*() {
    const requests = yield* Requests.make(options.readAttached(given))
    yield* Effect.acquireRelease(
      Effect.sync(() => Attachments.add(server, given.paths, requests)),
      (detach) => Effect.sync(detach)
    )
    return requests.service(server)
  })

// ---------------------------------------------------------------------------------------------------------------
// Requests
// ---------------------------------------------------------------------------------------------------------------

export class Requests {
  private readonly config: ServerHandshake.Config
  /** For requests of trusted proxies. */
  private readonly proxied: ServerHandshake.Config
  private readonly isProxy: (address: string | undefined) => boolean
  private readonly head: HttpHead.Limits
  /** They were told that theirs was the last request: what is pipelined behind it is not served (9112 §9.6). */
  private readonly answered = new WeakSet<Socket>()

  static make(settings: ServerSettings): Effect.Effect<Requests, never, Scope.Scope> {
    return Effect.gen(function*() {
      const { compression, grace, limits, maxConnections, openTimeout } = settings
      const deadlines = yield* Deadlines.make
      const refused = new RefusedSockets(deadlines, limits.dropTimeout)
      yield* Effect.addFinalizer(() => Effect.sync(() => refused.destroyAll()))
      const serving = yield* Serving.make({
        limits,
        deadlines,
        primitives,
        random: randomMask,
        openTimeout,
        grace,
        maxConnections,
        compression
      })
      return new Requests(settings, serving, refused, yield* Effect.runtime<never>())
    })
  }

  private constructor(
    { head, origin, trustProxy }: ServerSettings,
    private readonly serving: Serving.Serving,
    private readonly refused: RefusedSockets,
    private readonly runtime: Runtime.Runtime<never>
  ) {
    const { from = [], headers = [], hops = 1 } = trustProxy ?? {}
    this.config = { origin, forwarded: Forwarded.nothing }
    this.proxied = { origin, forwarded: { headers, hops } }
    this.isProxy = Proxies.makeIsAmong(from)
    this.head = head
  }

  service(server: AttachedServer): Service {
    const { serve, serveMessages } = this.serving
    return {
      serve,
      serveMessages,
      get address() {
        return addressOf(server)
      }
    }
  }

  /** `onRight` sees a request that was judged to be right, before it is served. */
  onUpgrade(
    request: Http.IncomingMessage,
    socket: Socket,
    head: Uint8Array,
    onRight?: (upgrade: HttpUpgrade) => void
  ): void {
    if (this.answered.has(socket)) return this.refused.drain(socket)
    try {
      const judged = this.judge(request)
      if (judged._tag === "Refusal") {
        const { headers } = judged
        return this.refuse(socket, refusalOf(judged), { request, headers })
      }
      const upgrade = new HttpUpgrade(judged, socket, head, this.refused, Proxies.addressOf(socket))
      onRight?.(upgrade)
      this.serving.onUpgrade(upgrade)
    } catch (defect) {
      this.onFault("Judging a WebSocket upgrade failed", defect, socket)
    }
  }

  /** No upgrade: the same judge says what is missing. */
  onRequest(request: Http.IncomingMessage, response: Http.ServerResponse): void {
    this.answered.add(request.socket)
    try {
      const judged = this.judge(request)
      if (judged._tag === "Offer") return respond(response, 500, [], bodyOf(500))
      const refusal = refusalOf(judged)
      if (isMeantAsWebSocket(request)) this.tell(refusal, this.clientOf(request, request.socket))
      respond(response, judged.status, judged.headers, bodyOf(judged.status, refusal))
    } catch (defect) {
      this.log(Serving.fault("Judging a request failed", defect))
      respond(response, 500, [], bodyOf(500))
    }
  }

  /** What is no HTTP, too large or too slow (6585 §5, 9110 §15.5.9). Other errors end the socket by themselves. */
  onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const rule = clientErrorOf(error.code ?? "")
    if (rule === undefined || socket.destroyed) {
      socket.destroy()
    } else if (socket.writable) {
      socket.removeAllListeners("data") // the parser's
      this.refuse(socket, { rule, ...httpRules[rule] })
    }
  }

  /** What is not for any attachment. */
  onForeign(socket: Socket, rule: keyof typeof httpRules): void {
    this.refuse(socket, { rule, ...httpRules[rule] })
  }

  /** A function of the user's failed. */
  onFault(what: string, defect: unknown, socket: Socket): void {
    this.log(Serving.fault(what, defect))
    this.refused.refuse(socket, { status: 500, headers: plainText }, bodyOf(500))
  }

  private log(line: Effect.Effect<void>): void {
    Runtime.runFork(this.runtime)(line)
  }

  private refuse(
    socket: Duplex,
    refusal: Refusal,
    asked?: { readonly request: Http.IncomingMessage; readonly headers: HttpHeaders.Headers }
  ): void {
    this.tell(
      refusal,
      asked === undefined ? peerOf(socket) : this.clientOf(asked.request, asked.request.socket)
    )
    const { status } = refusal
    this.refused.refuse(
      socket,
      { status, headers: [...asked?.headers ?? [], ...plainText] },
      asked?.request.method === "HEAD" ? "" : bodyOf(status, refusal)
    )
  }

  private tell(refusal: Refusal, remoteAddress: string | undefined): void {
    this.serving.onRefused({ ...refusal, remoteAddress })
  }

  private judge(
    { httpVersion, method = "", rawHeaders, socket, url = "" }: Http.IncomingMessage
  ): ServerHandshake.Offer | ServerHandshake.Refusal {
    if (rawHeaders.length > 2 * this.head.headerLines) return ServerHandshake.malformed("TooManyHeaders")
    if (url.length > this.head.target) return ServerHandshake.malformed("TargetTooLong")
    return ServerHandshake.judge(
      { method, target: url, version: httpVersion, headers: HttpHeaders.fromRaw(rawHeaders) },
      this.configFor(socket)
    )
  }

  private configFor(socket: Socket): ServerHandshake.Config {
    return this.isProxy(Proxies.addressOf(socket)) ? this.proxied : this.config
  }

  /** The address of the client of a refused request. */
  private clientOf({ rawHeaders }: Http.IncomingMessage, socket: Socket): string | undefined {
    const told = Forwarded.read(this.configFor(socket).forwarded, HttpHeaders.fromRaw(rawHeaders))
    return told.address ?? Proxies.addressOf(socket)
  }
}

/** `node:http` says of its sockets no more than that they are streams. */
const peerOf = (socket: Duplex): string | undefined => socket instanceof Socket ? Proxies.addressOf(socket) : undefined

type Refusal = Omit<Serving.Refused, "remoteAddress">

/** Of what the client wrote, only origin and host go to the log, and nothing to the client: the rest may hold secrets, or markup. */
const refusalOf = ({ detail, rule, status }: ServerHandshake.Refusal): Refusal => {
  const { rfc, says } = judgeRules[rule]
  const isOrigin = rule === "OriginNotAllowed" || rule === "HostNotAllowed"
  return { rule, status, rfc, says, detail: isOrigin ? detail : undefined }
}

const judgeRules = { ...HttpHead.rules, ...ServerHandshake.rules }

/** What a request is refused by before there is one to judge, or anybody to judge it. */
const httpRules = {
  NotHttp: { status: 400, rfc: "9112 §2", says: "a request is HTTP/1.1" },
  TargetInvalid: { status: 400, rfc: "6455 §4.1", says: "a target is a path that can be read, or a URL with one" },
  PathUnknown: { status: 404, rfc: "9110 §15.5.5", says: "no WebSocket is served at this path" },
  HeadTimeout: { status: 408, rfc: "9110 §15.5.9", says: "a request comes in time" },
  HeadTooLarge: HttpHead.rules.HeadTooLarge,
  TooManyHeaders: HttpHead.rules.TooManyHeaders
} as const

const clientErrorOf = (code: string): keyof typeof httpRules | undefined => {
  if (code === "HPE_HEADER_OVERFLOW") return "HeadTooLarge"
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "HeadTimeout"
  return code.startsWith("HPE_") ? "NotHttp" : undefined
}

/** A proxy that drops `Upgrade` leaves these. */
const isMeantAsWebSocket = ({ headers }: Http.IncomingMessage): boolean =>
  "sec-websocket-key" in headers || "sec-websocket-version" in headers

const plainText = [["Content-Type", "text/plain; charset=utf-8"]] as const

/** One line. */
const bodyOf = (status: number, refusal?: Pick<Refusal, "rfc" | "rule" | "says">): string => {
  const title = `${status} ${Http.STATUS_CODES[status] ?? ""}`
  return refusal === undefined
    ? `${title}: the server failed at this request\n`
    : `${title}: ${refusal.says} (${refusal.rule}, RFC ${refusal.rfc})\n`
}

const respond = (
  response: Http.ServerResponse,
  status: number,
  headers: HttpHeaders.Headers,
  body: string
): void => {
  response.writeHead(status, [
    ...headers.flat(),
    "Connection",
    HttpHeaders.count(headers, "upgrade") > 0 ? "close, Upgrade" : "close",
    ...plainText.flat(),
    "Content-Length",
    String(Buffer.byteLength(body))
  ])
  response.end(body)
}

const addressOf = (server: AttachedServer): Address => {
  const address = server.address()
  if (address === null) return { _tag: "None" }
  return typeof address === "string"
    ? { _tag: "Unix", path: address }
    : { _tag: "Tcp", host: address.address, port: address.port }
}
