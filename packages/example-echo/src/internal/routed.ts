/** Routes by method and path. In: routes. Out: an app, which gives each route what its path names. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"

export type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>

export type Params = Readonly<Record<string, string | undefined>>

export type Route = readonly ["GET" | "POST", path: `/${string}`, answer: (params: Params) => Answer]

export const routed = (routes: ReadonlyArray<Route>, otherwise: Answer): Answer =>
  Effect.catchTag(
    routes.reduce(
      (router, [method, path, answer]) =>
        HttpRouter.route(method)(router, path, Effect.flatMap(HttpRouter.params, answer)),
      HttpRouter.empty as HttpRouter.HttpRouter<never, HttpServerRequest.HttpServerRequest>
    ),
    "RouteNotFound",
    () => otherwise
  )
