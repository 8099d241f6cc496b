/**
 * Why a connection never opened, as a client sees it: one error to catch by its tag, with a closed union of reasons.
 *
 * Values only. The rules of the opening handshake are in the codec's `ClientHandshake`. `Retryable` says which reasons are worth another
 * attempt.
 *
 * @since 0.1.0
 */
import * as ClientConnect from "@effect-ws/codec/ClientConnect"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as Excerpt from "@effect-ws/codec/Excerpt"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as Options from "@effect-ws/codec/Options"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import * as Primitives from "@effect-ws/codec/Primitives"
import type { DropCause } from "@effect-ws/connection/CloseOutcome"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"

/**
 * How opening a connection can fail.
 *
 * - `InvalidRequest`: the URL or the options break a rule. Nothing was written. `part` names the part at fault: it may contain any
 *   character, but never the value of a header.
 * - `InvalidOption`: an option of this connection is wrong: not a number, out of range, of another type. Nothing was written.
 * - `Unreachable`: no transport: the name did not resolve, or nobody listens there.
 * - `TlsFailed`: TLS failed on the transport: a certificate that is not trusted, no common version, …
 * - `ProxyFailed`: the proxy answered with another status than 2xx (407: it wants other credentials).
 * - `Timeout`: `openTimeout` passed, `during` one of the steps.
 * - `Dropped`: the transport ended or broke before the answer came.
 * - `Refused`: the server's final answer has another status than 101 (interim ones, 1xx, are skipped). `body` is the beginning of its
 *   body as it came: at most 64 KiB by default; a `Content-Encoding` is not decoded.
 * - `Violation`: the server's answer breaks a rule of the opening handshake. `detail` is what was found, cut after 200 characters. It
 *   may contain any character but controls: the message shows it escaped.
 * - `NoHttp2`: HTTP/2 is required, but TLS did not agree on it (`NotNegotiated`), or the server takes no WebSockets over it: its
 *   SETTINGS lack SETTINGS_ENABLE_CONNECT_PROTOCOL (`NotEnabled`).
 * - `Undisclosed`: the host's own WebSocket did not open, and does not tell a page why: nobody listens there, TLS failed, the server
 *   refused, its answer broke a rule, or the page may not connect there. `cause` is what the host says, if anything.
 *
 * @since 0.1.0
 * @category models
 */
export type HandshakeReason = Data.TaggedEnum<{
  InvalidRequest: { readonly rule: RequestRuleName; readonly rfc: string; readonly part: string }
  InvalidOption: Omit<Options.OptionProblem, "_tag">
  Unreachable: { readonly cause: unknown }
  TlsFailed: { readonly cause: unknown }
  ProxyFailed: { readonly status: number; readonly headers: Headers }
  Timeout: { readonly after: Duration.Duration; readonly during: Phase }
  Dropped: { readonly cause: DropCause }
  Refused: { readonly status: number; readonly headers: Headers; readonly body: Uint8Array }
  Violation: { readonly rule: AnswerRuleName; readonly rfc: string; readonly detail: string }
  NoHttp2: { readonly why: "NotNegotiated" | "NotEnabled" }
  Undisclosed: { readonly cause: unknown }
}>

/**
 * The steps of opening: resolving the name and connecting; waiting for the proxy; TLS; waiting for the head of the answer.
 *
 * @since 0.1.0
 * @category models
 */
export type Phase = "connecting" | "proxy" | "securing" | "answer"

/**
 * Constructors, `HandshakeReason.$match` and `HandshakeReason.$is`.
 *
 * @example
 * import { HandshakeReason } from "@effect-ws/platform/HandshakeError"
 *
 * const isRefused = HandshakeReason.$is("Refused")
 *
 * @since 0.1.0
 * @category constructors
 */
export const HandshakeReason = Data.taggedEnum<HandshakeReason>()

/**
 * A connection that never opened.
 *
 * @example
 * import { HandshakeError } from "@effect-ws/platform/HandshakeError"
 * import * as Effect from "effect/Effect"
 *
 * declare const connecting: Effect.Effect<string, HandshakeError>
 *
 * const explained = Effect.catchTag(connecting, "HandshakeError", ({ reason }) =>
 *   Effect.succeed(reason._tag === "Refused" && reason.status === 401 ? "sign in first" : reason._tag))
 *
 * @since 0.1.0
 * @category errors
 */
export class HandshakeError extends Data.TaggedError("HandshakeError")<{
  /** The URL, without user, password and the content of the query. */
  readonly url: string
  readonly reason: HandshakeReason
}> {
  override get message(): string {
    return `${Excerpt.show(this.url)}: ${explain(this.reason)}`
  }
}

const explain: (reason: HandshakeReason) => string = HandshakeReason.$match({
  InvalidRequest: ({ part, rfc, rule }) =>
    `nothing was sent: ${requestRules[rule].says}${part === "" ? "" : `; at fault: ${Excerpt.quote(part)}`} ${
      cite(rule, rfc)
    }`,
  InvalidOption: Options.explain,
  Unreachable: ({ cause }) => `unreachable: ${Excerpt.ofCause(cause)}`,
  TlsFailed: ({ cause }) => `TLS failed: ${Excerpt.ofCause(cause)}`,
  ProxyFailed: ({ status }) =>
    `the proxy refused to connect, with status ${status}${status === 407 ? ": it wants other credentials" : ""}`,
  Timeout: ({ after, during }) => `timed out after ${Duration.format(after)} (openTimeout) ${phases[during]}`,
  Dropped: ({ cause }) =>
    cause._tag === "Eof"
      ? "the stream ended before there was an answer"
      : `the connection broke before there was an answer: ${Excerpt.ofCause(cause.error)}`,
  Refused: ({ body, headers, status }) => {
    const said = plainText(headers, body)
    const redirect = HttpHeaders.count(headers, "location") > 0 ? ", a redirect that was not followed" : ""
    return `refused with status ${status}${status < 400 ? redirect : ""}${
      said === "" ? "" : `: ${Excerpt.quote(said)}`
    }`
  },
  NoHttp2: ({ why }) =>
    why === "NotNegotiated"
      ? "the server does not speak HTTP/2, and the client's http2 is \"require\": \"prefer\" would take HTTP/1.1"
      : "the server takes no WebSockets over HTTP/2 (RFC 8441 §3), and the client's http2 is \"require\": \"prefer\" would take HTTP/1.1",
  Undisclosed: ({ cause }) =>
    `the host did not open it, and does not say why: unreachable, TLS, refused, or not allowed to this page${
      cause === undefined ? "" : ` (${Excerpt.ofCause(cause)})`
    }`,
  Violation: ({ detail, rfc, rule }) =>
    `the answer breaks a rule: ${answerRules[rule].says}; ${found(rule, detail)} ${cite(rule, rfc)}`
})

const cite = (rule: string, rfc: string): string => `(${rule}, ${/^[0-9]/.test(rfc) ? `RFC ${rfc}` : rfc})`

const found = (rule: AnswerRuleName, detail: string): string => {
  const sentence = sentences.get(rule)
  if (sentence !== undefined) return sentence(detail)
  return detail === "" ? "it sent none" : `it sent ${Excerpt.quote(detail)}`
}

/** Of rules whose detail is not what the server sent. */
const sentences: ReadonlyMap<AnswerRuleName, (detail: string) => string> = new Map([
  ["MalformedHead", (detail) => Excerpt.show(detail)],
  ["TooManyInterim", (detail) => `it sent ${detail}`],
  [
    "SubprotocolMissing",
    (detail) =>
      `it chose none of ${Excerpt.quote(detail)}. Have it choose, or connect with withoutSubprotocol: "accept"`
  ],
  ["ServerWindowBitsUnconfirmed", (detail) => `it answered without ${detail}`],
  ["ServerTakeoverUnconfirmed", (detail) => `it answered without ${detail}`]
])

const phases: Record<Phase, string> = {
  connecting: "connecting",
  proxy: "waiting for the proxy",
  securing: "setting up TLS",
  answer: "waiting for the answer"
}

/** What a body says, if it is text. */
const plainText = (headers: Headers, body: Uint8Array): string => {
  const type = HttpHeaders.first(headers, "content-type") ?? ""
  const isText = /^text\/plain(?:$|[ ;])/i.test(type) && HttpHeaders.count(headers, "content-encoding") === 0
  const { decodeUtf8, isUtf8 } = Primitives.utf8
  return isText && isUtf8(body, 0, body.length) ? decodeUtf8(body, 0, body.length).trim() : ""
}

/**
 * The reason for an answer that broke a rule.
 *
 * @since 0.1.0
 * @category constructors
 */
export const violation = (
  { detail, rule }: ClientHandshake.Violated | ClientConnect.Violated | PermessageDeflate.Violated
): HandshakeReason => HandshakeReason.Violation({ rule, rfc: answerRules[rule].rfc, detail })

/**
 * The reason for a request that breaks a rule and cannot be sent.
 *
 * @since 0.1.0
 * @category constructors
 */
export const invalidRequest = (rule: RequestRuleName, part: string): HandshakeReason =>
  HandshakeReason.InvalidRequest({ rule, rfc: requestRules[rule].rfc, part })

/**
 * All rules for a server's answer, including those for permessage-deflate.
 *
 * @since 0.1.0
 * @category rules
 */
export const answerRules = { ...ClientHandshake.rules, ...ClientConnect.rules, ...PermessageDeflate.rules } as const

/**
 * @since 0.1.0
 * @category models
 */
export type AnswerRuleName = keyof typeof answerRules

/**
 * The rules for a URL, besides those of `ClientHandshake`.
 *
 * @since 0.1.0
 * @category rules
 */
export const urlRules = {
  UrlMalformed: { rfc: "6455 §3", says: "a URL must be absolute, without control characters" },
  SchemeUnknown: { rfc: "6455 §3", says: "the scheme must be ws or wss (or http or https, for the same)" },
  FragmentPresent: { rfc: "6455 §3", says: "a URL must not have a fragment" },
  UserinfoMalformed: {
    rfc: "7617 §2",
    says: "user and password must be percent-encoded UTF-8, and the user without a colon"
  }
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>

/**
 * All rules for a request.
 *
 * @since 0.1.0
 * @category rules
 */
export const requestRules = {
  ...urlRules,
  ...ClientHandshake.requestRules,
  ...ClientConnect.requestRules,
  ...HttpHead.encodeRules
} as const

/**
 * @since 0.1.0
 * @category models
 */
export type RequestRuleName = keyof typeof requestRules
