/** A request that knows how it is upgraded. */
import type { RequestError } from "@effect/platform/HttpServerError"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { Socket } from "@effect/platform/Socket"
import type * as Effect from "effect/Effect"

/** The request itself: @effect/platform-node finds the response on it, and its copies are made by `modify`. */
export const withUpgrade = (
  request: HttpServerRequest.HttpServerRequest,
  upgrade: Effect.Effect<Socket, RequestError>
): HttpServerRequest.HttpServerRequest => {
  const modify = request.modify.bind(request)
  return Object.defineProperties(request, {
    upgrade: { value: upgrade },
    modify: { value: (options: Parameters<typeof modify>[0]) => withUpgrade(modify(options), upgrade) }
  })
}
