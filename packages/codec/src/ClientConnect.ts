/**
 * The client's half of the opening handshake over HTTP/2: the extended CONNECT (RFC 8441). In: where to connect, what to ask for and
 * what the server's SETTINGS allow; later the fields of the answer. Out: the fields of the request, or why it must not be sent; then
 * what was agreed, a refusal with its status, or the name of the rule that the answer breaks.
 *
 * It has the wishes and results of `ClientHandshake`, except for the key, which HTTP/2 does not have. It knows neither sessions nor
 * frames of HTTP/2; the caller skips answers with a status of 1xx.
 *
 * @since 0.1.0
 */
import type { Established, Expected, Refused, UrlParts, Wishes } from "./ClientHandshake.js"
import * as Excerpt from "./Excerpt.js"
import * as ExtensionHeader from "./ExtensionHeader.js"
import * as HttpHead from "./HttpHead.js"
import type { Header, Headers } from "./HttpHeaders.js"
import * as HttpHeaders from "./HttpHeaders.js"
import { agreedRules, verifyAgreed } from "./internal/agreed.js"
import * as fields from "./internal/fields.js"
import { authorityOf, checkTarget, checkWishes, problem, wishLines, wishRules } from "./internal/wishes.js"

/**
 * What a server's SETTINGS say.
 *
 * @since 0.1.0
 * @category models
 */
export interface PeerSettings {
  /** SETTINGS_ENABLE_CONNECT_PROTOCOL: `false` until it has arrived. */
  readonly enableConnectProtocol: boolean
}

/**
 * The fields of a HEADERS frame that asks for a WebSocket. It does not end the stream.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly _tag: "Request"
  readonly fields: Headers
}

/**
 * Why a request must not be sent, and which part of it is at fault.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestProblem {
  readonly _tag: "Problem"
  readonly rule: RequestRuleName | HttpHead.EncodeRuleName
  /** It may contain any character: print it with care. */
  readonly part: string
}

/**
 * Makes the fields of a request.
 *
 * @example
 * import * as ClientConnect from "@effect-ws/codec/ClientConnect"
 *
 * const target = { secure: true, host: "a.example", port: 443, path: "/chat", authorization: undefined }
 * const wishes = { subprotocols: ["chat"], extensions: [], origin: undefined, headers: [] }
 * ClientConnect.request(target, wishes, { enableConnectProtocol: true })
 *
 * @since 0.1.0
 * @category asking
 */
export const request = (
  target: UrlParts,
  wishes: Omit<Wishes, "key">,
  peer: PeerSettings
): Request | RequestProblem => {
  const authority = authorityOf(target)
  const headers = HttpHeaders.fromGiven(wishes.headers)
  const extensions = ExtensionHeader.encode(wishes.extensions)
  if (!peer.enableConnectProtocol) return problem("NotEnabled", "")
  const found = checkTarget(target, authority) ?? checkWishes(wishes, headers)
  if (found !== undefined) return found
  if (extensions._tag === "Problem") return problem("ExtensionInvalid", extensions.part)
  const kept = [
    ...wishLines(target, wishes, headers, extensions.value).map(([name, value]): Header => [name.toLowerCase(), value]),
    ...headers.filter(([name]) => !fields.isConnectionSpecific(name))
  ]
  return HttpHead.checkHeaders(kept) ?? {
    _tag: "Request",
    fields: [
      [":method", "CONNECT"],
      [":protocol", "websocket"],
      [":scheme", target.secure ? "https" : "http"],
      [":authority", authority],
      [":path", target.path],
      ["sec-websocket-version", "13"],
      ...kept.map(([name, value]): Header => [name.toLowerCase(), value])
    ]
  }
}

/**
 * The server's answer breaks a rule: the stream is reset.
 *
 * @since 0.1.0
 * @category models
 */
export interface Violated {
  readonly _tag: "Violated"
  readonly rule: RuleName
  /** What was found, for the log: the server's words without control characters, cut after 200 characters. */
  readonly detail: string
}

/**
 * Judges the fields of a final answer.
 *
 * @example
 * import * as ClientConnect from "@effect-ws/codec/ClientConnect"
 *
 * ClientConnect.verify([[":status", "404"]], { subprotocols: [], extensions: [], withoutSubprotocol: "accept" })
 * // { _tag: "Refused", status: 404, reason: "", headers: [] }
 *
 * @since 0.1.0
 * @category judging
 */
export const verify = (
  answer: Headers,
  expected: Omit<Expected, "key">
): Established | Refused | Violated => {
  const split = fields.split(answer, [":status"])
  if (split._tag === "Malformed") return violated(split.rule, split.detail)
  const { headers, pseudo } = split
  const status = pseudo.get(":status") ?? ""
  if (!/^[1-5][0-9]{2}$/.test(status)) return violated("StatusMalformed", status)
  if (status === "101") return violated("SwitchedProtocols", "")
  const connection = fields.connectionSpecific(headers)
  if (connection !== undefined) return violated("ConnectionField", connection)
  if (!status.startsWith("2")) return { _tag: "Refused", status: Number(status), reason: "", headers }
  const agreed = verifyAgreed(headers, expected)
  return agreed._tag === "Breach" ? violated(agreed.rule, agreed.detail) : { ...agreed, _tag: "Established", headers }
}

const violated = (rule: RuleName, detail: string): Violated => ({ _tag: "Violated", rule, detail: Excerpt.cut(detail) })

/**
 * The rules for an answer.
 *
 * @since 0.1.0
 * @category rules
 */
export const rules = {
  PseudoMalformed: {
    rfc: "9113 §8.3.2",
    says: ":status must be the only pseudo-header field of a response, and come first"
  },
  FieldMalformed: {
    rfc: "9113 §8.2.1",
    says: "a field name must be a lowercase token, and its value must not contain CR, LF or NUL"
  },
  StatusMalformed: { rfc: "9113 §8.3.2", says: "a response must have a status of three digits, 100 to 599" },
  SwitchedProtocols: { rfc: "9113 §8.6", says: "over HTTP/2 a 2xx must open a WebSocket: there is no 101" },
  ConnectionField: { rfc: "9113 §8.2.2", says: "HTTP/2 must not carry connection-specific header fields" },
  ...agreedRules
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>

/**
 * @since 0.1.0
 * @category models
 */
export type RuleName = keyof typeof rules

/**
 * The rules for a request, besides those of `HttpHead`.
 *
 * @since 0.1.0
 * @category rules
 */
export const requestRules = {
  NotEnabled: { rfc: "8441 §3", says: "the server must first send SETTINGS_ENABLE_CONNECT_PROTOCOL" },
  ...wishRules
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>

/**
 * @since 0.1.0
 * @category models
 */
export type RequestRuleName = keyof typeof requestRules
