/**
 * The echo service: WebSockets and the page on one port. In: where to listen. Out: where it listens, for as long as the scope is
 * open; then every connection is closed with 1001.
 *
 * `Echo` sends messages back, `Routes` answers the page.
 *
 * @since 0.1.0
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type { InvalidOption } from "@effect-ws/connection/InvalidOption"
import * as Inspector from "@effect-ws/platform/Inspector"
import { ServeError } from "@effect-ws/platform/WebSocketServer"
import * as WireLog from "@effect-ws/platform/WireLog"
import type * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { readFileSync } from "node:fs"
import * as Http from "node:http"
import { echo } from "./Echo.js"
import * as Routes from "./Routes.js"
import * as Visits from "./Visits.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly host: string
  /** The port to listen on; 0 for a free one. */
  readonly port: number
  /** permessage-deflate; `false` declines it. Default: as clients offer it. */
  readonly compression?: NodeDeflate.ServerOptions | false | undefined
}

/**
 * The URLs of the service.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The echo: `ws://127.0.0.1:9001/`. */
  readonly webSocketUrl: string
  /** The page. */
  readonly pageUrl: string
  /** The inspector. */
  readonly inspectorUrl: string
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ compression, host, port }: Options): Effect.Effect<Service, ServeError, Scope.Scope> =>
  Effect.gen(function*() {
    const visits = Visits.make()
    // Finalizers run from the last to the first: stop listening, close the WebSockets, drop what is left.
    const http = yield* Effect.acquireRelease(
      Effect.sync(() => Http.createServer()),
      (server) => Effect.sync(() => server.closeAllConnections())
    )
    // Every connection is recorded, with the beginning of what was sent: it is an echo, to be looked at.
    const recording = yield* Layer.build(WireLog.layer({ payloadSize: 64 }))
    const webSockets = yield* Effect.provide(NodeWebSocketServer.attach(http, { compression }), recording)
    const onRequest = yield* NodeHttpServer.makeHandler(Routes.make(visits, script(), {
      inspector: Effect.provide(Inspector.app({ path: inspector }), recording),
      pathOf: (connection) =>
        Effect.map(
          Effect.provide(WireLog.reportOf(connection), recording),
          Option.match({ onNone: () => null, onSome: ({ id }) => `${inspector}/connections/${id}` })
        )
    }))
    http.on("request", onRequest)
    yield* Effect.forkScoped(webSockets.serveMessages(echo, { onOpen: visits.opened, onClose: visits.closed }))
    yield* listen(http, host, port)
    const { address } = webSockets
    const authority = `${host.includes(":") ? `[${host}]` : host}:${address._tag === "Tcp" ? address.port : port}`
    const pageUrl = `http://${authority}/`
    return { webSocketUrl: `ws://${authority}/`, pageUrl, inspectorUrl: `${pageUrl.slice(0, -1)}${inspector}/` }
  })

/**
 * Serves the echo alone, without pages, over HTTP/1.1 and HTTP/2 (h2c) on one port. Gives its URL.
 *
 * @since 0.1.0
 * @category constructors
 */
export const withHttp2 = (
  { compression, host, port }: Options
): Effect.Effect<string, ServeError | InvalidOption, Scope.Scope> =>
  Effect.gen(function*() {
    const webSockets = yield* NodeWebSocketServer.make({ host, port, compression, http2: true })
    yield* Effect.forkScoped(webSockets.serveMessages(echo))
    return Option.getOrElse(webSockets.url, () => "")
  })

/** Where the inspector is. */
const inspector = "/inspector"

const listen = (server: Http.Server, host: string, port: number): Effect.Effect<void, ServeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<void, ServeError>((resume) => {
      server.once("error", (cause) => resume(Effect.fail(new ServeError({ cause }))))
      server.listen({ host, port }, () => resume(Effect.void))
    }),
    () => Effect.sync(() => server.close())
  )

/** The page's script, which is compiled beside this module. */
const script = (): string => readFileSync(new URL("./internal/page/script.js", import.meta.url), "utf8")
