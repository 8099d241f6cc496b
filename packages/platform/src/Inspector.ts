/**
 * A live page of what connections do: which are open, how others ended, and the report of each that is recorded. In: a `WireLog`. Out:
 * an app for an HTTP server of @effect/platform; on Node, `NodeInspector` has a port of its own.
 *
 * Without a token it answers only requests from this machine, asked by a name of this machine and not through a proxy. A proxy that
 * does not name itself (nginx by default) looks like this machine: behind one, give a token. The pages load nothing from elsewhere, and
 * escape what peers sent.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Options, read } from "./inspector/options.js"
import * as routes from "./inspector/routes.js"
import { WireLog } from "./wireLog/service.js"

export { type Options, options } from "./inspector/options.js"

/**
 * The app, to serve alone, or to mount in a router under its `path`. Throws an `InvalidOption`.
 *
 * @example
 * import * as HttpServer from "@effect/platform/HttpServer"
 * import * as Inspector from "@effect-ws/platform/Inspector"
 * import * as WireLog from "@effect-ws/platform/WireLog"
 * import * as Layer from "effect/Layer"
 *
 * const inspected = Layer.provide(HttpServer.serve(Inspector.app()), WireLog.layer())
 *
 * @since 0.1.0
 * @category apps
 */
export const app = (given: Options = {}): HttpApp.Default<never, WireLog> => {
  const settings = read(given)
  return Effect.gen(function*() {
    const recorder = yield* WireLog
    const request = yield* HttpServerRequest.HttpServerRequest
    const { body, headers, status } = routes.answer(recorder, settings, {
      method: request.method,
      target: request.url,
      peer: Option.getOrUndefined(request.remoteAddress),
      header: (name) => request.headers[name]
    })
    return typeof body === "string"
      ? HttpServerResponse.text(body, { status, headers })
      : HttpServerResponse.uint8Array(body, { status, headers })
  })
}
