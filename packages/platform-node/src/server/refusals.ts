/**
 * Why a request is refused, and what the client is told. In: a rule, or the codec's refusal. Out: what the log shows, and a body of one
 * line.
 */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as ServerConnect from "@effect-ws/codec/ServerConnect"
import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type * as Serving from "@effect-ws/platform/host/Serving"
import * as Http from "node:http"

/** What was broken, for the log. */
export type Breach = Omit<Serving.Refused, "remoteAddress">

/** Of what the client wrote, only origin and host go to the log, and nothing back to the client: the rest may hold secrets or markup. */
export const breachOf = ({ detail, rule, status }: ServerHandshake.Rejection): Breach =>
  breach(judgeRules[rule], rule, status, detail)

/** {@link breachOf} over HTTP/2. */
export const breachOfConnect = ({ detail, rule, status }: ServerConnect.Rejection): Breach =>
  breach(ServerConnect.rules[rule], rule, status, detail)

const breach = (
  { rfc, says }: { readonly rfc: string; readonly says: string },
  rule: string,
  status: number,
  detail: string
): Breach => {
  const isOrigin = rule === "OriginNotAllowed" || rule === "HostNotAllowed"
  return { rule, status, rfc, says, detail: isOrigin ? detail : undefined }
}

const judgeRules = { ...HttpHead.rules, ...ServerHandshake.rules }

/** The rules for what is refused before there is a request to judge, or a server to judge it. */
export const httpRules = {
  NotHttp: { status: 400, rfc: "9112 §2", says: "a request must be HTTP/1.1" },
  TargetInvalid: { status: 400, rfc: "6455 §4.1", says: "a target must be a path that can be read, or a URL with one" },
  PathUnknown: { status: 404, rfc: "9110 §15.5.5", says: "no WebSocket is served at this path" },
  HeadTimeout: { status: 408, rfc: "9110 §15.5.9", says: "a request must arrive in time" },
  HeadTooLarge: HttpHead.rules.HeadTooLarge,
  TooManyHeaders: HttpHead.rules.TooManyHeaders
} as const

export const clientErrorOf = (code: string): keyof typeof httpRules | undefined => {
  if (code === "HPE_HEADER_OVERFLOW") return "HeadTooLarge"
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "HeadTimeout"
  return code.startsWith("HPE_") ? "NotHttp" : undefined
}

export const plainText = [["Content-Type", "text/plain; charset=utf-8"]] as const

/** One line. */
export const bodyOf = (status: number, breach?: Pick<Breach, "rfc" | "rule" | "says">): string => {
  const title = `${status} ${Http.STATUS_CODES[status] ?? ""}`
  return breach === undefined
    ? `${title}: the server failed to answer this request\n`
    : `${title}: ${breach.says} (${breach.rule}, RFC ${breach.rfc})\n`
}

export const respond = (
  response: Http.ServerResponse,
  status: number,
  headers: HttpHeaders.Headers,
  body: string
): void => {
  response.writeHead(status, [
    ...headers.flat(),
    "Connection",
    HttpHeaders.count(headers, "upgrade") > 0 ? "close, Upgrade" : "close",
    ...plainText.flat(),
    "Content-Length",
    String(Buffer.byteLength(body))
  ])
  response.end(body)
}

/** One line for a health check, not to be cached. */
export const health = (isServing: boolean): {
  readonly status: number
  readonly headers: HttpHeaders.Headers
  readonly body: string
} =>
  isServing
    ? { status: 200, headers: noStore, body: "200 OK: serving\n" }
    : { status: 503, headers: noStore, body: "503 Service Unavailable: not serving\n" }

export const respondHealth = (response: Http.ServerResponse, isServing: boolean): void => {
  const { body, headers, status } = health(isServing)
  respond(response, status, headers, body)
}

const noStore = [["Cache-Control", "no-store"]] as const
