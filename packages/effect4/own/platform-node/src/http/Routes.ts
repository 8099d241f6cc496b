/**
 * The routes of a server's requests. In: an app and its middleware. Out: the same, whose requests to upgrade have their `upgrade` and
 * tell their `Route` how the app fares.
 */
import * as Effect from "effect/Effect"
import { isObjectKeyword as isObject } from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Headers from "effect/http/Headers"
import type * as HttpMiddleware from "effect/http/HttpMiddleware"
import { HttpServerError, InternalError } from "effect/http/HttpServerError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Socket } from "effect/socket/Socket"
import * as Serving from "@effect-ws/platform/host/Serving"
import type { Refusal, UpgradeRequest } from "@effect-ws/platform/WebSocketServer"
import type { IncomingMessage, RequestListener } from "node:http"
import type { HttpUpgrade } from "../server/HttpUpgrade.js"
import { Route } from "./Route.js"

export class Routes {
  /** By Node's request, which the app knows, and by the upgrade, which `Serving` knows. */
  private readonly routes = new WeakMap<object, Route>()

  add(request: IncomingMessage, upgrade: HttpUpgrade, handler: RequestListener): void {
    const route = new Route(request, upgrade, handler)
    this.routes.set(request, route)
    this.routes.set(upgrade, route)
  }

  /** The app's, which starts the route. */
  decision(request: UpgradeRequest): Effect.Effect<Route, Refusal, Scope.Scope> {
    return this.find(Serving.upgradeOf(request))?.decision ?? Effect.die(new Error(("a request that was not added")))
  }

  private find(key: unknown): Route | undefined {
    return isObject(key) ? this.routes.get(key) : undefined
  }

  /** The app, with its exit noted: what is around it makes a response of any, and would not let it be interrupted. */
  noting<E>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, HttpServerRequest.HttpServerRequest | Scope.Scope>): Effect.Effect<HttpServerResponse.HttpServerResponse, E, HttpServerRequest.HttpServerRequest | Scope.Scope> {
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const route = this.find(request.source)
      return route === undefined ? app : Effect.onExit(Effect.interruptible(app), (exit) => Effect.sync(() => route.note(exit)))
    })
  }

  /** Gives requests their `upgrade`, before any other middleware sees them. */
  around(middleware: HttpMiddleware.HttpMiddleware | undefined): HttpMiddleware.HttpMiddleware {
    return (app) => {
      const all = middleware === undefined ? app : middleware(app)
      return Effect.withFiber((fiber) =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
          const route = this.find(request.source)
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
  upgrade: Effect.Effect<Socket, HttpServerError>
): HttpServerRequest.HttpServerRequest => {
  const modify = request.modify.bind(request)
  const upgradeWith: typeof request.upgradeWith = ({ headers }) =>
    Object.keys(Headers.fromInput(headers)).length === 0 ? upgrade : Effect.fail(headersRefused(request))
  return Object.defineProperties(request, {
    upgrade: { value: upgrade },
    upgradeWith: { value: upgradeWith },
    modify: { value: (options: Parameters<typeof modify>[0]) => withUpgrade(modify(options), upgrade) }
  })
}

const headersRefused = (request: HttpServerRequest.HttpServerRequest): HttpServerError =>
  new HttpServerError({
    reason: new InternalError({ request, description: "headers of the 101 are given by `accept`, which decides before a route does" })
  })
