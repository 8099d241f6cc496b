/** A request that knows how it is upgraded. */
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import { HttpServerError, InternalError } from "effect/http/HttpServerError"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import type { Socket } from "effect/socket/Socket"

/** The request itself: @effect/platform-node finds the response on it, and its copies are made by `modify`. */
export const withUpgrade = (
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
