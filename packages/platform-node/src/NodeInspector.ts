/**
 * The inspector on a port of its own: a live page of what connections do (see `Inspector`). In: where to listen, and a `WireLog`. Out:
 * its URL, for as long as the scope is open.
 *
 * By default it listens on this machine only. To listen elsewhere, it needs a token.
 *
 * @since 0.1.0
 */
import * as Options from "@effect-ws/codec/Options"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Inspecting from "@effect-ws/platform/host/Inspecting"
import type * as Inspector from "@effect-ws/platform/Inspector"
import { ServeError } from "@effect-ws/platform/WebSocketServer"
import { WireLog } from "@effect-ws/platform/WireLog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import { notEmpty, tcpPort } from "./transport/optionRules.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface ListenOptions extends Inspector.Options {
  /** The port to listen on: 0 to 65,535; 0 for a free one. Default 0. */
  readonly port?: number | undefined
  /** The address to listen on. Any but a loopback address needs a `token`. Default 127.0.0.1. */
  readonly host?: string | undefined
}

/**
 * The rules for the options, besides those of `Inspector`.
 *
 * @since 0.1.0
 * @category options
 */
export const options: Options.Table<{ readonly port: number; readonly host: string }> = {
  port: Options.integer({ ...tcpPort, default: 0 }),
  host: Options.text({ range: "an address", judge: notEmpty, default: "127.0.0.1" })
}

/**
 * A running inspector.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeInspector {
  /** Its URL, such as `http://127.0.0.1:9002/`. */
  readonly url: string
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  given: ListenOptions = {}
): Effect.Effect<NodeInspector, ServeError | InvalidOption.InvalidOption, WireLog | Scope.Scope> =>
  Effect.gen(function*() {
    const { host, port } = yield* InvalidOption.attempt(() => InvalidOption.read(options, given))
    const settings = yield* InvalidOption.attempt(() => Inspecting.read(given))
    if (settings.token === undefined && !Inspecting.isLoopback(host) && host !== "localhost") {
      const advice = "Give a token, or listen on 127.0.0.1."
      return yield* InvalidOption.fromProblem(
        Options.problem("host", host, "a loopback address, unless there is a token", advice)
      )
    }
    const recorder = yield* WireLog
    const server = Http.createServer((request, response) => {
      const { body, headers, status } = Inspecting.answer(recorder, settings, askedOf(request))
      response.writeHead(status, headers)
      response.end(request.method === "HEAD" ? undefined : body)
    })
    yield* listen(server, host, port)
    const address = server.address()
    const at = address === null || typeof address === "string" ? port : address.port
    return { url: `http://${host.includes(":") ? `[${host}]` : host}:${at}${settings.path}/` }
  })

/**
 * Serves the inspector for as long as the layer is in use, and logs its URL.
 *
 * @example
 * import * as NodeInspector from "@effect-ws/platform-node/NodeInspector"
 * import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
 * import * as WireLog from "@effect-ws/platform/WireLog"
 * import * as Layer from "effect/Layer"
 *
 * const server = Layer.merge(NodeWebSocketServer.layer({ port: 8080 }), NodeInspector.layer({ port: 9002 })).pipe(
 *   Layer.provide(WireLog.layer())
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  given: ListenOptions = {}
): Layer.Layer<never, ServeError | InvalidOption.InvalidOption, WireLog> =>
  Layer.scopedDiscard(Effect.flatMap(make(given), ({ url }) => Effect.logInfo(`The inspector is at ${url}`)))

const askedOf = ({ headers, method = "GET", socket, url = "/" }: Http.IncomingMessage): Inspecting.Asked => ({
  method,
  target: url,
  peer: socket.remoteAddress,
  header: (name) => {
    const value = headers[name]
    return typeof value === "string" ? value : value?.[0]
  }
})

const listen = (server: Http.Server, host: string, port: number): Effect.Effect<void, ServeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<void, ServeError>((resume) => {
      server.once("error", (cause) => resume(Effect.fail(new ServeError({ cause }))))
      server.listen({ host, port }, () => {
        server.on("error", () => {}) // of accepting one connection: the next may succeed
        resume(Effect.void)
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )
