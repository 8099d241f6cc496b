/**
 * The HTTP half of the service: the page, and what the page asks about its connection, by the id with which it opened it.
 *
 *     GET  /                          the page, with /style.css, /script.js and /icon.svg
 *     POST /connections/:id/ping      pings; answers with the round trip in milliseconds
 *     POST /connections/:id/close     { code, reason }: starts closing; 400 says what is wrong with them
 *     GET  /connections/:id/ending    waits for the end; answers with outcome, closing behavior, and where the report is
 *     GET  /inspector/                what connections do, live, and the report of each
 *
 * Failures are JSON with an `error`. The echo is not here: see `Service`.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection } from "@effect-ws/connection/Connection"
import * as ClosingBehavior from "@effect-ws/platform/ClosingBehavior"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { html } from "./internal/page/html.js"
import { icon, style } from "./internal/page/style.js"
import { type Answer, type Params, routed } from "./internal/routed.js"
import type { Visits } from "./Visits.js"

/**
 * The routes. `script` is the page's script as JavaScript.
 *
 * @since 0.1.0
 * @category routes
 */
export const make = (visits: Visits, script: string, reports: Reports): HttpApp.Default => {
  const visited = visit(visits)
  const page = Effect.map(
    routed([
      ["GET", "/", () => asset("text/html", html)],
      ["GET", "/style.css", () => asset("text/css", style)],
      ["GET", "/script.js", () => asset("text/javascript", script)],
      ["GET", "/icon.svg", () => asset("image/svg+xml", icon)],
      ["POST", "/connections/:id/ping", visited(ping)],
      ["POST", "/connections/:id/close", visited(close)],
      ["GET", "/connections/:id/ending", visited(ending(reports))]
    ], failure(404, "there is nothing here")),
    HttpServerResponse.setHeaders(security)
  )
  return Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    ({ url }): HttpApp.Default => /^\/inspector(?:[/?]|$)/.test(url) ? reports.inspector : page
  )
}

/**
 * What was recorded of connections.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reports {
  /** Below `/inspector`. */
  readonly inspector: HttpApp.Default
  /** Where that of a connection is. */
  readonly pathOf: (connection: Connection) => Effect.Effect<string | null>
}

const asset = (contentType: string, content: string): Answer =>
  Effect.succeed(HttpServerResponse.text(content, { contentType: `${contentType}; charset=utf-8` }))

const visit = (visits: Visits) => (ask: (connection: Connection) => Answer) => ({ id = "" }: Params): Answer =>
  Option.match(visits.find(id), {
    onNone: () => failure(404, "this connection is unknown, or no longer known"),
    onSome: ask
  })

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
    HttpServerRequest.withMaxBodySize(Option.some(FileSystem.KiB(4))),
    Effect.flatMap(({ code, reason }) => connection.close(code, reason)),
    Effect.matchEffect({
      onFailure: (error) =>
        failure(400, error._tag === "InvalidClose" ? error.message : "a code and a reason are needed"),
      onSuccess: (outcome) => json(200, describe(outcome))
    })
  )

const ending = ({ pathOf }: Reports) => (connection: Connection): Answer =>
  Effect.flatMap(
    connection.outcome,
    (outcome) => Effect.flatMap(pathOf(connection), (report) => json(200, { ...describe(outcome), report }))
  )

const describe = (outcome: CloseOutcome) => ({
  outcome: outcome._tag,
  behavior: ClosingBehavior.fromOutcome(outcome)
})

const json = (status: number, body: object): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.succeed(HttpServerResponse.unsafeJson(body, { status }))

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
