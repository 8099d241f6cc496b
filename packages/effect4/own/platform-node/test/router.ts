/** Routes, whichever Effect's they are: what the tests need of the router of Effect 3, whose routes are values. */
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"

type Response = HttpServerResponse.HttpServerResponse
type Needed = HttpServerRequest.HttpServerRequest | Scope.Scope
type Handler<E, R> = Response | Effect.Effect<Response, E, R>

interface Route {
  readonly method: string
  readonly path: string
  readonly handler: Handler<any, any>
}

export type App<E, R> = Effect.Effect<Response, E, R | Needed> & { readonly routes: ReadonlyArray<Route> }

const app = (routes: ReadonlyArray<Route>): App<any, any> =>
  Object.assign(
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ method, url }) => {
      const [path] = url.split("?", 1)
      const found = routes.find((route) => route.method === method && route.path === path)
      if (found === undefined) return Effect.succeed(HttpServerResponse.empty({ status: 404 }))
      return HttpServerResponse.isHttpServerResponse(found.handler) ? Effect.succeed(found.handler) : found.handler
    }),
    { routes }
  )

export const empty: App<never, never> = app([]) as App<never, never>

const route = (method: string) =>
<E = never, R = never>(path: string, handler: Handler<E, R>) =>
<E2, R2>(router: App<E2, R2>): App<E | E2, R | R2> => app([...router.routes, { method, path, handler }])

export const get = route("GET")
export const post = route("POST")

export const mount = <E, R>(prefix: string, mounted: App<E, R>) =>
<E2, R2>(router: App<E2, R2>): App<E | E2, R | R2> =>
  app([...router.routes, ...mounted.routes.map((one) => ({ ...one, path: prefix + one.path }))])
