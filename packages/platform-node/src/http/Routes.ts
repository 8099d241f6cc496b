/**
 * The routes of a server's requests. In: an app and its middleware. Out: the same, whose requests to upgrade have their `upgrade` and
 * tell their `Route` how the app fares.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Serving from "@effect-ws/platform/host/Serving"
import type { Refusal, UpgradeRequest } from "@effect-ws/platform/WebSocketServer"
import * as Effect from "effect/Effect"
import { isObject } from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type { IncomingMessage, RequestListener } from "node:http"
import type { HttpUpgrade } from "../server/HttpUpgrade.js"
import type { OpenedStream } from "../server/StreamRequests.js"
import type { StreamUpgrade } from "../server/StreamUpgrade.js"
import { overHttp1, overHttp2, requestOf } from "./exchanges.js"
import { Route } from "./Route.js"
import { withUpgrade } from "./withUpgrade.js"

export class Routes {
  /** By Node's request, which the app knows, and by the upgrade, which `Serving` knows. */
  private readonly routes = new WeakMap<object, Route>()

  add(request: IncomingMessage, upgrade: HttpUpgrade, handler: RequestListener): void {
    this.set(request, upgrade, new Route(overHttp1(request, upgrade, handler)))
  }

  addStream(opened: OpenedStream, upgrade: StreamUpgrade, handler: RequestListener): void {
    const request = requestOf(opened)
    this.set(request, upgrade, new Route(overHttp2(opened, request, upgrade, handler)))
  }

  private set(request: object, upgrade: object, route: Route): void {
    this.routes.set(request, route)
    this.routes.set(upgrade, route)
  }

  /** The app's, which starts the route. */
  decision(request: UpgradeRequest): Effect.Effect<Route, Refusal, Scope.Scope> {
    return this.find(Serving.upgradeOf(request))?.decision ?? Effect.dieMessage("a request that was not added")
  }

  private find(key: unknown): Route | undefined {
    return isObject(key) ? this.routes.get(key) : undefined
  }

  /** The app, with its exit noted: what is around it makes a response of any, and in Effect 4 would not let it be interrupted. */
  noting<E>(app: HttpApp.Default<E>): HttpApp.Default<E> {
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const route = this.find(request.source)
      return route === undefined ? app : Effect.onExit(
        Effect.interruptible(app),
        (exit) => Effect.sync(() => route.note(exit))
      )
    })
  }

  /** Gives requests their `upgrade`, before any other middleware sees them. */
  around(middleware: HttpMiddleware.HttpMiddleware | undefined): HttpMiddleware.HttpMiddleware {
    return (app) => {
      const all = middleware === undefined ? app : middleware(app)
      return Effect.withFiberRuntime((fiber) =>
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
