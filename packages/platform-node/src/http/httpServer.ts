/**
 * `NodeHttpServer`: a request to upgrade -> judged like any other of ours -> through the user's app, which either asks for the
 * `upgrade` and is given a socket, or answers like an ordinary route.
 *
 * The app runs as @effect/platform-node runs it, by its own `makeHandler`. `Serving` sees the app's decision as its `accept`, and
 * the app's end as that of its handler.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServer from "@effect/platform/HttpServer"
import { clientAbortFiberId, type RequestError, type ServeError } from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { Socket } from "@effect/platform/Socket"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { asEffect } from "@effect-ws/connection/Connection"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import * as Serving from "@effect-ws/platform/Serving"
import { type Accept, Refusal, type UpgradeRequest } from "@effect-ws/platform/WebSocketServer"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type * as Net from "node:net"
import { type Duplex, Writable } from "node:stream"
import { listening, readAttached, type ServerSettings } from "../internal/options.js"
import type { UpgradeOptions } from "../NodeHttpServer.js"
import { Attachments } from "../server/attachments.js"
import { type HttpServer as NodeServer, Requests } from "../server/server.js"
import type { HttpUpgrade } from "../server/upgrade.js"

export const make = <R>(
  evaluate: () => Http.Server,
  listen: Net.ListenOptions,
  options: UpgradeOptions<R>
): Effect.Effect<
  HttpServer.HttpServer,
  ServeError | InvalidOption.InvalidOption,
  Scope.Scope | Exclude<R, Scope.Scope>
> =>
  Effect.gen(function*() {
    const settings = yield* InvalidOption.attempt(() => {
      InvalidOption.read(listening, listen)
      InvalidOption.read(PlatformSocket.options, options)
      return readAttached(options)
    })
    const accept = yield* Serving.bindAccept(acceptOf(options))
    const server = evaluate()
    server.on("request", (request: Http.IncomingMessage, response: Http.ServerResponse) => {
      if (server.listenerCount("request") === 1) refuseRequest(request, response)
    })
    const { address } = yield* NodeHttpServer.make(() => server, listen)
    return HttpServer.make({
      address,
      // In the scope and the context of whoever serves. Those of the server would keep the connections until it goes itself, which
      // is after all that the app needs is gone.
      serve: (app, middleware) => serve(server, app, middleware, options, settings, accept)
    })
  })

/** Between the end of one `serve` and the next, or the end of the server, which waits for all requests to be answered. */
const refuseRequest = (request: Http.IncomingMessage, response: Http.ServerResponse): void => {
  request.resume()
  response.writeHead(503, { Connection: "close", "Content-Length": 0 }).end()
}

const serve = <R>(
  server: NodeServer,
  app: HttpApp.Default<unknown>,
  middleware: HttpMiddleware.HttpMiddleware | undefined,
  options: UpgradeOptions<R>,
  settings: ServerSettings,
  accept: Accept<unknown, Scope.Scope>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const routes = new Routes()
    const handler = yield* NodeHttpServer.makeHandler(routes.noting(app), routes.around(middleware))
    const requests = yield* Requests.make(settings)
    const upgrades = {
      onForeign: (...foreign: Parameters<Requests["onForeign"]>) => requests.onForeign(...foreign),
      onFault: (...fault: Parameters<Requests["onFault"]>) => requests.onFault(...fault),
      onUpgrade: (request: Http.IncomingMessage, socket: Net.Socket, head: Uint8Array) =>
        requests.onUpgrade(request, socket, head, (upgrade) => routes.add(request, upgrade, handler))
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        server.on("request", handler)
        return Attachments.add(server, options.paths, upgrades)
      }),
      (detach) =>
        Effect.sync(() => {
          server.off("request", handler)
          detach()
        })
    )
    yield* Effect.forkScoped(Effect.interruptible(
      requests.service(server).serve({
        accept: (request) =>
          Effect.flatMap(asEffect(accept(request)), (accepted) =>
            Effect.map(
              routes.of(request).decision,
              (route) => ({ ...accepted, value: { route, value: accepted.value } })
            )),
        handler: (connection, { route, value }: { readonly route: Route; readonly value: unknown }) =>
          PlatformSocket.ignoreClose(
            route.serve(PlatformSocket.fromConnection(connection, options, { accept: acceptOf(options), value }))
          ),
        onShutdown: "closeFirst"
      })
    ))
  })

const acceptOf = <R>(options: UpgradeOptions<R>): Accept<unknown, R> => options.accept ?? everybody
const everybody: Accept<unknown, never> = () => Effect.succeed({ value: undefined })

type Handler = (request: Http.IncomingMessage, response: Http.ServerResponse) => void

/** Requests to upgrade, as the app and as `Serving` know them. */
class Routes {
  private readonly bySource = new WeakMap<object, Route>()
  /** By the offer's header lines: the one object of it that `accept` is shown. */
  private readonly byHeaders = new WeakMap<object, Route>()

  add(request: Http.IncomingMessage, upgrade: HttpUpgrade, handler: Handler): void {
    const route = new Route(request, upgrade, handler)
    this.bySource.set(request, route)
    this.byHeaders.set(upgrade.offer.headers, route)
  }

  of({ headerLines }: UpgradeRequest): Route {
    const route = this.byHeaders.get(headerLines)
    if (route === undefined) throw new Error("a request that was not added")
    return route
  }

  /** The app, with its exit noted: what is around it makes a response of any. */
  noting<E>(app: HttpApp.Default<E>): HttpApp.Default<E> {
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const route = this.bySource.get(request.source as object)
      return route === undefined ? app : Effect.onExit(app, (exit) => Effect.sync(() => route.note(exit)))
    })
  }

  /** Gives requests their `upgrade`, before any other middleware sees them. */
  around(middleware: HttpMiddleware.HttpMiddleware | undefined): HttpMiddleware.HttpMiddleware {
    return (app) => {
      const all = middleware === undefined ? app : middleware(app)
      return Effect.withFiberRuntime((fiber) =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
          const route = this.bySource.get(request.source as object)
          if (route !== undefined) {
            route.begun(fiber)
            withUpgrade(request, route.upgraded)
          }
          return all
        })
      )
    }
  }
}

/** The request itself: @effect/platform-node finds the response on it, and its copies are made by `modify`. */
const withUpgrade = (
  request: HttpServerRequest.HttpServerRequest,
  upgrade: Effect.Effect<Socket, RequestError>
): HttpServerRequest.HttpServerRequest => {
  const modify = request.modify.bind(request)
  return Object.defineProperties(request, {
    upgrade: { value: upgrade },
    modify: { value: (options: Parameters<typeof modify>[0]) => withUpgrade(modify(options), upgrade) }
  })
}

/** One request: what its app decides, and then the app's connection. */
class Route {
  private readonly response: RouteResponse
  private fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined = undefined
  private exit: Exit.Exit<unknown, unknown> = interrupted
  private decided: "Upgrade" | "Response" | "None" | undefined = undefined
  private socket: Socket | undefined = undefined
  private onDecided: (decision: Effect.Effect<Route, Refusal>) => void = () => {}
  private onOpen: ReadonlyArray<(socket: Effect.Effect<Socket>) => void> = []
  private onDone: (exit: Exit.Exit<unknown, unknown>) => void = () => {}

  constructor(
    private readonly request: Http.IncomingMessage,
    private readonly upgrade: HttpUpgrade,
    private readonly handler: Handler
  ) {
    this.response = new RouteResponse(request, () => this.respond())
  }

  /** Starts the app. An upgrade is a yes; a response, which the app writes itself, is a no. */
  get decision(): Effect.Effect<Route, Refusal, Scope.Scope> {
    return Effect.zipRight(
      Effect.addFinalizer(() => this.abandon),
      Effect.async<Route, Refusal>((resume) => {
        this.onDecided = resume
        this.handler(this.request, this.response)
      })
    )
  }

  begun(fiber: Fiber.RuntimeFiber<unknown, unknown>): void {
    this.fiber = fiber
    fiber.addObserver(() => {
      this.fiber = undefined
      this.decide("None")
      this.onDone(this.exit)
    })
  }

  note(exit: Exit.Exit<unknown, unknown>): void {
    this.exit = exit
  }

  /** `HttpServerRequest.upgrade`: the 101 is written when it is asked for. */
  readonly upgraded: Effect.Effect<Socket> = Effect.async((resume) => {
    if (this.socket !== undefined) return resume(Effect.succeed(this.socket))
    if (this.decided !== undefined && this.decided !== "Upgrade") return resume(Effect.failCause(tooLate))
    this.onOpen = [...this.onOpen, resume]
    this.decide("Upgrade")
  })

  /** For as long as the app runs. What it answers in the end is nobody's to read. */
  serve(socket: Socket): Effect.Effect<unknown, unknown> {
    return Effect.async((resume) => {
      this.socket = socket
      this.response.end()
      if (this.fiber === undefined) return resume(this.exit)
      this.onDone = resume
      for (const open of this.onOpen) open(Effect.succeed(socket))
    })
  }

  private decide(decision: "Upgrade" | "Response" | "None"): void {
    if (this.decided !== undefined) return
    this.decided = decision
    this.onDecided(decision === "Upgrade" ? Effect.succeed(this) : Effect.fail(refusal))
  }

  private respond(): void {
    if (this.decided !== undefined) return
    this.response.shouldKeepAlive = false
    const surrendered = this.upgrade.surrender()
    if (surrendered === undefined) {
      this.response.assignSocket(nowhere())
    } else {
      const { end, stream } = surrendered
      this.response.assignSocket(stream as Net.Socket)
      stream.on("drain", () => this.response.emit("drain")) // which Node does for requests that it still reads
      this.response.on("finish", end)
    }
    this.decide("Response")
  }

  /** The client has left, was refused by others, or the server shuts down; or the app is done already. */
  private readonly abandon = Effect.suspend(() => {
    if (this.decided === "Response") return Effect.void
    this.decided ??= "None"
    if (!this.response.writableEnded) this.response.end()
    this.fiber?.unsafeInterruptAsFork(clientAbortFiberId)
    return this.fiber === undefined ? Effect.void : Effect.asVoid(this.fiber.await)
  })
}

/** Tells when the app begins to answer. */
class RouteResponse extends Http.ServerResponse {
  constructor(request: Http.IncomingMessage, private readonly onBegin: () => void) {
    super(request)
  }

  override writeHead(...head: [number]): this {
    this.onBegin()
    return super.writeHead(...head)
  }
}

/** For a response that comes too late: whoever writes it must be called back. */
const nowhere = (): Net.Socket => {
  const sink: Duplex | Writable = new Writable({ write: (_chunk, _encoding, done) => done() })
  return sink as Net.Socket
}

/** The app has answered itself; `HttpUpgrade` knows. It is written only if the app did neither. */
const refusal = new Refusal({ status: 500 })

/** As @effect/platform has it for clients that leave. */
const tooLate = Cause.interrupt(clientAbortFiberId)

const interrupted = Exit.interrupt(FiberId.none)
