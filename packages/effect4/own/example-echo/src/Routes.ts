/**
 * The HTTP half of the service: the page, and what the page asks about its connection, by the id that it opened it with.
 *
 *     GET  /                          the page, with /style.css, /script.js and /icon.svg
 *     POST /connections/:id/ping      pings; answers with the round trip in milliseconds
 *     POST /connections/:id/close     { code, reason }: starts closing; 400 says what is wrong with them
 *     GET  /connections/:id/ending    waits for the end; answers with outcome and closing behaviour
 *
 * Failures are JSON with an `error`. The echo is not here: see `Service`.
 *
 * @since 0.1.0
 */
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import * as ClosingBehavior from "@effect-ws/platform/ClosingBehavior"
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { html } from "./internal/page/html.js"
import { icon, style } from "./internal/page/style.js"
import type { Visits } from "./Visits.js"

/**
 * The routes. `script` is the page's script as JavaScript.
 *
 * @since 0.1.0
 * @category routes
 */
export const make = (visits: Visits, script: string): App => {
  const assets: Readonly<Record<string, HttpServerResponse.HttpServerResponse>> = {
    "/": asset("text/html", html),
    "/style.css": asset("text/css", style),
    "/script.js": asset("text/javascript", script),
    "/icon.svg": asset("image/svg+xml", icon)
  }
  const asks: Readonly<Record<string, (connection: Connection) => Answer>> = {
    "POST ping": ping,
    "POST close": close,
    "GET ending": ending
  }
  const answer = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ method, url }): Answer => {
    const [path = ""] = url.split("?", 1)
    const found = method === "GET" && Object.hasOwn(assets, path) ? assets[path] : undefined
    if (found !== undefined) return Effect.succeed(found)
    const [, id = "", what] = /^\/connections\/([^/]+)\/(ping|close|ending)$/.exec(path) ?? []
    const ask = asks[`${method} ${what}`]
    if (ask === undefined) return failure(404, "there is nothing here")
    return Option.match(visits.find(id), {
      onNone: () => failure(404, "this connection is not known here, or no more"),
      onSome: ask
    })
  })
  return Effect.map(answer, HttpServerResponse.setHeaders(security))
}

type App = Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest | Scope.Scope>
type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest>

const asset = (contentType: string, content: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(content, { contentType: `${contentType}; charset=utf-8` })

const ping = (connection: Connection): Answer =>
  connection.ping.pipe(
    Effect.matchEffect({
      onFailure: (error) => failure(error._tag === "PingTimeout" ? 504 : 409, error.message),
      onSuccess: (latency) => json(200, { milliseconds: Duration.toMillis(latency) })
    })
  )

const CloseRequest = Schema.Struct({ code: Schema.Number, reason: Schema.String })

const close = (connection: Connection): Answer =>
  HttpServerRequest.schemaBodyJson(CloseRequest).pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.kibibytes(4)),
    Effect.flatMap(({ code, reason }) => connection.close(code, reason)),
    Effect.matchEffect({
      onFailure: (error) =>
        failure(400, error._tag === "InvalidClose" ? error.message : "a code and a reason are needed"),
      onSuccess: (outcome) => json(200, describe(outcome))
    })
  )

const ending = (connection: Connection): Answer =>
  Effect.flatMap(connection.outcome, (outcome) => json(200, describe(outcome)))

const describe = (outcome: CloseOutcome) => ({
  outcome: outcome._tag,
  behavior: ClosingBehavior.fromOutcome(outcome)
})

const json = (status: number, body: object): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.succeed(HttpServerResponse.jsonUnsafe(body, { status }))

const failure = (status: number, error: string): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  json(status, { error })

/** The page needs nothing from anywhere else, and nobody else needs anything of it. */
const security = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; "),
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}
