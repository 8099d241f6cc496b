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
import type { ServeError } from "@effect/platform/HttpServerError"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as OptionTable from "@effect-ws/codec/Options"
import { asEffect } from "@effect-ws/connection/host/Hosting"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Serving from "@effect-ws/platform/host/Serving"
import * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
import type { Accept } from "@effect-ws/platform/WebSocketServer"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type { Http2Session } from "node:http2"
import type * as Net from "node:net"
import { Attachments, type Upgrades } from "../server/Attachments.js"
import { type AttachedServer, Requests } from "../server/Requests.js"
import { readAttached, type ServerSettings } from "../server/settings.js"
import { backlog, reusePort, tcpPort } from "../transport/optionRules.js"
import type { UpgradeOptions } from "./options.js"
import type { Route } from "./Route.js"
import { Routes } from "./Routes.js"

export const make = <R>(
  evaluate: () => AttachedServer,
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
    const { address } = yield* NodeHttpServer.make(() => asHttpServer(server), listen)
    yield* closeSessions(server)
    return HttpServer.make({
      address,
      // In the scope and the context of whoever serves. Those of the server would keep the connections until it goes itself, which
      // is after all that the app needs is gone.
      serve: (app, middleware) => serve(server, app, middleware, options, settings, accept)
    })
  })

/** Node has a server of HTTP/2 be as one of HTTP/1.1 is (its "compatibility API"), but for its type. */
function asHttpServer(server: AttachedServer): Http.Server
function asHttpServer(server: unknown): unknown {
  return server
}

/** A server of HTTP/2 waits until its sessions are closed, which its clients keep: so they are told to go (GOAWAY), before it waits. */
const closeSessions = (server: AttachedServer): Effect.Effect<void, never, Scope.Scope> => {
  if (!("updateSettings" in server)) return Effect.void
  const sessions = new Set<Http2Session>()
  server.on("session", (session: Http2Session) => {
    sessions.add(session)
    session.on("close", () => sessions.delete(session))
  })
  return Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const session of sessions) session.close()
    })
  )
}

/** Node's own options, of which the numbers are judged. */
const listening = {
  port: OptionTable.integer({ ...tcpPort, default: undefined }),
  backlog,
  reusePort
}

/** Between the end of one `serve` and the next, or the end of the server, which waits for all requests to be answered. */
const refuseRequest = (request: Http.IncomingMessage, response: Http.ServerResponse): void => {
  request.resume()
  // HTTP/2 has no such field, and Node would warn
  const connection = request.httpVersionMajor < 2 ? { Connection: "close" } : {}
  response.writeHead(503, { ...connection, "Content-Length": 0 }).end()
}

const serve = <R>(
  server: AttachedServer,
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
    const upgrades: Upgrades = {
      onForeignStream: (...foreign) => requests.onForeignStream(...foreign),
      onFaultOfStream: (...fault) => requests.onFaultOfStream(...fault),
      onStream: (opened) => requests.onStream(opened, (upgrade) => routes.addStream(opened, upgrade, handler)),
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
              routes.decision(request),
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
