/** Routes by method and path. In: routes. Out: an app, which gives each route what its path names. */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"

export type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>

export type Params = Readonly<Record<string, string | undefined>>

export type Route = readonly ["GET" | "POST", path: `/${string}`, answer: (params: Params) => Answer]

export const routed = (
  routes: ReadonlyArray<Route>,
  otherwise: Answer
): Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  never,
  HttpServerRequest.HttpServerRequest | Scope.Scope
> => {
  const app = Effect.runSync(Effect.gen(function*() {
    const router = yield* HttpRouter.make
    for (const [method, path, answer] of routes) {
      yield* router.add(method, path, Effect.flatMap(HttpRouter.params, answer))
    }
    return router.asHttpEffect()
  }))
  // What it fails with is that there is no such route: none of them fails.
  return Effect.catch(app, () => otherwise)
}
