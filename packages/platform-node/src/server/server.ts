/**
 * `NodeWebSocketServer`: a server that listens by itself, or the user's server. In: options. Out: the service; requests go to `Requests`.
 */
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import { attempt, type InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Serving from "@effect-ws/platform/host/Serving"
import type { WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import { ServeError } from "@effect-ws/platform/WebSocketServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Https from "node:https"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { ServerSessions } from "../http2/ServerSessions.js"
import { Attachments } from "./Attachments.js"
import * as callbacks from "./callbacks.js"
import type { AttachOptions, Options, Peers, Upgrades } from "./options.js"
import * as protocols from "./protocols.js"
import * as proxies from "./proxies.js"
import { type AttachedServer, Requests } from "./Requests.js"
import * as settings from "./settings.js"

type Service = WebSocketServer["Type"]

// ---------------------------------------------------------------------------------------------------------------
// A port of its own
// ---------------------------------------------------------------------------------------------------------------

export const make = (given: Options): Effect.Effect<Service, ServeError | InvalidOption, Scope.Scope> =>
  Effect.gen(function*() {
    const port = yield* attempt(() => settings.readPort(given))
    const runtime = yield* Effect.runtime<never>()
    const onFault: callbacks.OnFault = (what, defect) => void Runtime.runFork(runtime)(Serving.fault(what, defect))
    const server = yield* Effect.try({
      try: () => createServer(port, onFault),
      catch: (cause) => new ServeError({ cause }) // a certificate or key that cannot be read
    })
    const { openTimeout, proxyProtocol } = port
    const sessions = yield* overHttp2(server, port)
    if (proxyProtocol !== undefined) yield* expectProxy(server, proxyProtocol, openTimeout)
    if (port.tls !== undefined || proxyProtocol !== undefined || sessions !== undefined) trackSockets(server)
    // Finalizers run from the last to the first: stop listening, close all connections, say goodbye to sessions of HTTP/2, drop what is
    // left of the sockets.
    yield* Effect.addFinalizer(() => Effect.sync(() => dropConnections(server)))
    if (sessions !== undefined) yield* Effect.addFinalizer(() => sessions.close)
    const requests = yield* Requests.make(port, port.health)
    sessions?.serve(requests)
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
    yield* listen(server, port.listen)
    return requests.service(server)
  })

const createServer = (
  { head: { headerLines, octets }, http2, openTimeout, tls }: settings.PortSettings,
  onFault: callbacks.OnFault
): PortServer => {
  const timeout = Math.ceil(Duration.toMillis(openTimeout))
  const given = {
    maxHeaderSize: octets,
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(500, Math.max(20, Math.ceil(timeout / 4))),
    // Ours is the answer: a request without Host is judged, too.
    requireHostHeader: false,
    shouldUpgradeCallback: asksForWebSocket
  }
  const server = tls === undefined
    ? Http.createServer(given)
    : Https.createServer({
      ...given,
      handshakeTimeout: timeout,
      ...(http2 === undefined || tls.ALPNCallback !== undefined ? {} : { ALPNProtocols: ["h2", "http/1.1"] }),
      ...callbacks.guardTls(tls, onFault)
    })
  // Node drops the lines beyond it; this one more tells that there were too many.
  server.maxHeadersCount = headerLines + 1
  return server
}

/** Makes the server see only connections of HTTP/1.1; the others become sessions, whose streams are served. */
const overHttp2 = (
  server: PortServer,
  { head, http2, limits, openTimeout, tls }: settings.PortSettings
): Effect.Effect<PortSessions | undefined, never, Scope.Scope> =>
  http2 === undefined ? Effect.succeed(undefined) : Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    const runtime = yield* Effect.runtime<never>()
    let requests: Requests | undefined
    const sessions = new ServerSessions(
      {
        maxStreams: http2.maxStreams,
        idleTimeout: Duration.toMillis(http2.idleTimeout),
        dropTimeout: limits.dropTimeout,
        head
      },
      deadlines,
      {
        onStream: (opened) => requests?.onStream(opened),
        onFlood: (socket) => {
          const line = Effect.annotateLogs(
            Effect.logWarning("Dropped an HTTP/2 session whose peer sent too many pings, settings or resets"),
            { remoteAddress: proxies.addressOf(socket) ?? "" }
          )
          Runtime.runFork(runtime)(Effect.catchAllCause(line, () => Effect.void)) // a logger may fail
        }
      }
    )
    protocols.separate(server, tls !== undefined, {
      deadlines,
      timeout: Duration.toMillis(openTimeout),
      onHttp2: (socket) => sessions.accept(socket)
    })
    return {
      serve: (served) => {
        requests = served
      },
      close: Effect.async<void>((resume) => sessions.close(() => resume(Effect.void)))
    }
  })

interface PortSessions {
  readonly serve: (requests: Requests) => void
  /** Says that there will be no more streams, and waits until all have gone, which the drop timeout bounds. */
  readonly close: Effect.Effect<void>
}

const expectProxy = (
  server: PortServer,
  { from }: { readonly from: Peers },
  timeout: Duration.Duration
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const deadlines = yield* Deadlines.make
    const runtime = yield* Effect.runtime<never>()
    proxies.expectHeaders(server, {
      peers: from,
      deadlines,
      timeout: Duration.toMillis(timeout),
      onDropped: (rule, remoteAddress) => {
        const line = Effect.annotateLogs(
          Effect.logWarning("Dropped a connection without a valid PROXY header"),
          { rule, ...(remoteAddress === undefined ? {} : { remoteAddress }) }
        )
        Runtime.runFork(runtime)(Effect.catchAllCause(line, () => Effect.void)) // a logger may fail
      }
    })
  })

const asksForWebSocket = (request: Http.IncomingMessage): boolean =>
  ServerHandshake.asksForWebSocket(HttpHeaders.fromRaw(request.rawHeaders))

/** `closeAllConnections` does not know sockets during their TLS handshake, or before their PROXY header. */
const trackSockets = (server: PortServer): void => {
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

const tracked = new WeakMap<PortServer, Set<Socket>>()

const dropConnections = (server: PortServer): void => {
  server.closeAllConnections()
  for (const socket of tracked.get(server) ?? []) socket.destroy()
}

const listen = (server: PortServer, options: settings.Listening): Effect.Effect<void, ServeError, Scope.Scope> =>
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

/** Ours, on a port or a Unix socket. */
type PortServer = Http.Server | Https.Server

// ---------------------------------------------------------------------------------------------------------------
// A server of the user's
// ---------------------------------------------------------------------------------------------------------------

export const attach = (server: AttachedServer, given: AttachOptions): Effect.Effect<Service, never, Scope.Scope> =>
  Effect.gen(function*() {
    const requests = yield* Requests.make(settings.readAttached(given))
    yield* Effect.acquireRelease(
      Effect.sync(() => Attachments.add(server, given.paths, requests)),
      (detach) => Effect.sync(detach)
    )
    return requests.service(server)
  })

// ---------------------------------------------------------------------------------------------------------------
// No server: upgrades come one by one
// ---------------------------------------------------------------------------------------------------------------

export const makeUpgrades = (given: Omit<AttachOptions, "paths">): Effect.Effect<Upgrades, never, Scope.Scope> =>
  Effect.map(Effect.suspend(() => Requests.make(settings.readAttached(given))), (requests) => ({
    server: requests.service(undefined),
    handleUpgrade: (request, socket, head) =>
      socket instanceof Socket
        ? requests.onUpgrade(request, socket, head)
        : requests.onFault("An upgrade was passed on with a socket that is not of node:net", socket, socket)
  }))
