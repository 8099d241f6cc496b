/**
 * The server's half of the opening handshake (RFC 6455 §4.2). In: a request's head, and later the user's choice. Out: an offer to choose
 * from, or a refusal with its status; then the bytes of the 101, or of a complete refusal.
 *
 * Every request that is not exactly what the RFC describes is refused by a rule of the table below, and nothing is written that the
 * client did not offer or that could break out of its header line.
 *
 * It does not read (see `HttpHead`), wait or decide: the user chooses the subprotocol, the extensions, and whether to accept.
 *
 * A long file: a third of it is the table of rules, and the rules of a request are checked in one place, in their order.
 *
 * @since 0.1.0
 */
import * as AcceptKey from "./AcceptKey.js"
import * as Excerpt from "./Excerpt.js"
import type { Extension } from "./ExtensionHeader.js"
import * as ExtensionHeader from "./ExtensionHeader.js"
import * as Forwarded from "./Forwarded.js"
import * as HttpHead from "./HttpHead.js"
import type { Headers } from "./HttpHeaders.js"
import * as HttpHeaders from "./HttpHeaders.js"
import { askedRules, type Breach, judgeOrigin, judgeSubprotocols } from "./internal/asked.js"
import { checkChoice, checkRefusal, choiceRules, isBodiless } from "./internal/choice.js"
import { line } from "./internal/line.js"
import { reasons } from "./internal/reasons.js"
import * as Origin from "./Origin.js"
import * as Primitives from "./Primitives.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Config {
  readonly origin: Origin.Policy
  /** Which headers of a proxy in front are trusted. */
  readonly forwarded: Forwarded.Policy
}

/**
 * Only pages of the server's own host may connect.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultConfig: Config = { origin: Origin.sameHost, forwarded: Forwarded.nothing }

/**
 * What a client asks for, over HTTP/1.1 or HTTP/2.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asked {
  /** Path and query: begins with a slash. */
  readonly target: string
  /** The host as the client wrote it, or as a trusted proxy reports it. */
  readonly host: string
  /** What trusted proxies report. */
  readonly forwarded: Forwarded.Told
  readonly origin: string | undefined
  /** In the client's order of preference, without repetitions. */
  readonly subprotocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<Extension>
  readonly headers: Headers
}

/**
 * What a client asks for, in a valid request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Offer extends Asked {
  readonly _tag: "Offer"
  readonly key: string
}

/**
 * Why a request is refused: the rule, and the status and headers for {@link refuse}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rejection {
  readonly _tag: "Rejection"
  readonly rule: RuleName | HttpHead.RuleName
  readonly status: number
  readonly headers: Headers
  /** What was found, for the log: the client's words without control characters, cut after 200 characters. */
  readonly detail: string
}

/**
 * Judges a request.
 *
 * @example
 * import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
 *
 * const head = { method: "POST", target: "/", version: "1.1", headers: [] }
 * ServerHandshake.judge(head, ServerHandshake.defaultConfig)
 * // { _tag: "Rejection", rule: "MethodNotAllowed", status: 405, headers: [["Allow", "GET"]], detail: "POST" }
 *
 * @since 0.1.0
 * @category judging
 */
export const judge = (head: HttpHead.RequestHead, config: Config): Offer | Rejection => {
  const { headers } = head
  const host = HttpHeaders.first(headers, "host") ?? ""
  const subprotocols = HttpHeaders.elements(headers, "sec-websocket-protocol")
  const extensions = ExtensionHeader.parse(HttpHeaders.values(headers, "sec-websocket-extensions"))
  const target = originForm(head.target, host)
  const forwarded = Forwarded.read(config.forwarded, headers)
  const asked = Forwarded.authority(forwarded, host)
  const found = judgeRequest(head) ?? judgeUpgrade(headers) ?? judgeKey(headers) ??
    rejected(judgeOrigin(config.origin, asked, headers) ?? judgeSubprotocols(headers, subprotocols))
  if (found !== undefined) return found
  if (target === undefined) return rejection("TargetInvalid", head.target)
  if (extensions._tag === "Malformed") {
    return rejection("ExtensionsMalformed", HttpHeaders.values(headers, "sec-websocket-extensions").join(", "))
  }
  return {
    _tag: "Offer",
    target,
    host: asked,
    forwarded,
    origin: HttpHeaders.first(headers, "origin"),
    key: HttpHeaders.first(headers, "sec-websocket-key") ?? "",
    subprotocols,
    extensions: extensions.extensions,
    headers
  }
}

/**
 * Whether a request asks for a WebSocket at all, validly or not. If not (`h2c`, or no upgrade), it belongs to the user's routes.
 *
 * @since 0.1.0
 * @category judging
 */
export const asksForWebSocket = (headers: Headers): boolean =>
  HttpHeaders.tokens(headers, "upgrade").includes("websocket")

/**
 * The refusal for bytes that are not a head.
 *
 * @since 0.1.0
 * @category judging
 */
export const malformed = (rule: HttpHead.RuleName): Rejection => ({
  _tag: "Rejection",
  rule,
  status: HttpHead.rules[rule].status,
  headers: [],
  detail: HttpHead.rules[rule].says
})

const rejected = (found: Breach | undefined): Rejection | undefined => found && rejection(found.rule, found.detail)

const rejection = (rule: RuleName, detail: string): Rejection => {
  const { headers, status } = rules[rule]
  return { _tag: "Rejection", rule, status, headers, detail: Excerpt.cut(detail) }
}

/** 6455 §4.2.1, items 1 and 2; and no body, whose bytes would be taken for frames. */
const judgeRequest = ({ headers, method, version }: HttpHead.RequestHead): Rejection | undefined => {
  if (method !== "GET") return rejection("MethodNotAllowed", method)
  if (!/^1\.[1-9]$/.test(version)) return rejection("HttpVersion", version)
  const hosts = HttpHeaders.values(headers, "host")
  const [host] = hosts
  if (host === undefined) return rejection("HostMissing", "")
  if (hosts.length > 1) return rejection("HostRepeated", hosts.join(", "))
  if (Origin.parseAuthority(host, []) === undefined) return rejection("HostInvalid", host)
  const codings = HttpHeaders.values(headers, "transfer-encoding")
  if (codings.length > 0) return rejection("BodyNotAllowed", `Transfer-Encoding: ${codings.join(", ")}`)
  const lengths = HttpHeaders.values(headers, "content-length")
  return lengths.every((length) => /^0+$/.test(length))
    ? undefined
    : rejection("BodyNotAllowed", `Content-Length: ${lengths.join(", ")}`)
}

/** 6455 §4.2.1, items 3, 4 and 6. */
const judgeUpgrade = (headers: Headers): Rejection | undefined => {
  if (!asksForWebSocket(headers)) return rejection("UpgradeMissing", HttpHeaders.values(headers, "upgrade").join(", "))
  if (!HttpHeaders.tokens(headers, "connection").includes("upgrade")) {
    return rejection("ConnectionMissing", HttpHeaders.values(headers, "connection").join(", "))
  }
  const versions = HttpHeaders.values(headers, "sec-websocket-version")
  return versions.length === 1 && versions[0] === "13"
    ? undefined
    : rejection("VersionNotSupported", versions.join(", "))
}

/** 6455 §4.2.1, item 5. */
const judgeKey = (headers: Headers): Rejection | undefined => {
  const keys = HttpHeaders.values(headers, "sec-websocket-key")
  const [key] = keys
  if (key === undefined) return rejection("KeyMissing", "")
  if (keys.length > 1) return rejection("KeyRepeated", keys.join(", "))
  return AcceptKey.isKey(key) ? undefined : rejection("KeyInvalid", key)
}

/** The path and query of either form of target; an absolute one must name the host that `Host` does. */
const originForm = (target: string, host: string): string | undefined => {
  if (target.includes("#")) return undefined
  if (target.startsWith("/")) return target
  const match = /^(?:http|ws)(s?):\/\/([^/?]*)(.*)$/i.exec(target)
  if (match === null) return undefined
  const [, secure = "", authority = "", path = ""] = match
  const defaults = [secure === "" ? 80 : 443]
  const named = Origin.parseAuthority(authority, defaults)
  if (named === undefined || named.text !== Origin.parseAuthority(host, defaults)?.text) return undefined
  return path.startsWith("/") ? path : `/${path}`
}

/**
 * The user's choice from an offer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Choice {
  /** One of those offered. */
  readonly subprotocol?: string | undefined
  /** The answers to extensions that were offered. */
  readonly extensions?: ReadonlyArray<Extension>
  /** Headers to add, such as cookies, but none of the handshake's own. */
  readonly headers?: HttpHeaders.Given | undefined
}

/**
 * Why an answer must not be written, and which part of it is at fault.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseProblem {
  readonly _tag: "Problem"
  readonly rule: AnswerRuleName | HttpHead.EncodeRuleName
  /** It may contain any character: print it with care. */
  readonly part: string
}

/**
 * @since 0.1.0
 * @category models
 */
export type EncodedResponse = { readonly _tag: "Encoded"; readonly octets: Uint8Array } | ResponseProblem

/**
 * Writes the 101 that accepts an offer.
 *
 * @since 0.1.0
 * @category answering
 */
export const accept = (
  offer: Offer,
  choice: Choice = {},
  primitives: Primitives.Primitives = Primitives.plain
): EncodedResponse => {
  const headers = HttpHeaders.fromGiven(choice.headers)
  const chosen = checkChoice(offer, choice, headers)
  if (chosen._tag === "Problem") return chosen
  return HttpHead.encodeResponse({
    version: "1.1",
    status: 101,
    reason: "Switching Protocols",
    headers: [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", AcceptKey.accept(offer.key, primitives)],
      ...line("Sec-WebSocket-Protocol", choice.subprotocol),
      ...line("Sec-WebSocket-Extensions", chosen.extensions),
      ...headers
    ]
  }, primitives)
}

/**
 * Writes a complete refusal, after which the connection must be closed. The status is 200 to 599.
 *
 * @example
 * import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
 *
 * ServerHandshake.refuse(401, [["WWW-Authenticate", "Basic realm=\"chat\""]])
 *
 * @since 0.1.0
 * @category answering
 */
export const refuse = (
  status: number,
  given: HttpHeaders.Given = [],
  body: Uint8Array = new Uint8Array(0)
): EncodedResponse => {
  const headers = HttpHeaders.fromGiven(given)
  const found = checkRefusal(status, headers, body)
  if (found !== undefined) return found
  // 9110 §7.8: who sends Upgrade names it in Connection.
  const connection = HttpHeaders.count(headers, "upgrade") > 0 ? "close, Upgrade" : "close"
  const encoded = HttpHead.encodeResponse({
    version: "1.1",
    status,
    reason: reasons.get(status) ?? "",
    headers: [
      ["Connection", connection],
      ...line("Content-Length", isBodiless(status) ? undefined : String(body.length)),
      ...headers
    ]
  })
  if (encoded._tag === "Problem") return encoded
  const octets = new Uint8Array(encoded.octets.length + body.length)
  octets.set(encoded.octets)
  octets.set(body, encoded.octets.length)
  return { _tag: "Encoded", octets }
}

/**
 * Chooses the first of the server's subprotocols, in its order of preference, that the client offered, or none.
 *
 * @since 0.1.0
 * @category answering
 */
export const chooseSubprotocol = (offer: Asked, supported: ReadonlyArray<string>): string | undefined =>
  supported.find((subprotocol) => offer.subprotocols.includes(subprotocol))

/**
 * A rule. `headers` are sent with the refusal.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule {
  readonly status: number
  readonly headers: Headers
  readonly rfc: string
  readonly says: string
}

const upgrade: Headers = [["Upgrade", "websocket"], ["Sec-WebSocket-Version", "13"]]

/**
 * The rules for a request, in the order in which they are checked.
 *
 * @since 0.1.0
 * @category rules
 */
export const rules = {
  MethodNotAllowed: { status: 405, headers: [["Allow", "GET"]], rfc: "6455 §4.2.1", says: "the method must be GET" },
  HttpVersion: { status: 505, headers: [], rfc: "6455 §4.2.1", says: "the version must be HTTP/1.1, or a later 1.x" },
  HostMissing: { status: 400, headers: [], rfc: "6455 §4.2.1", says: "a request must name its host" },
  HostRepeated: { status: 400, headers: [], rfc: "9112 §3.2", says: "a request must name one host" },
  HostInvalid: {
    status: 400,
    headers: [],
    rfc: "9112 §3.2",
    says: "Host must be a name or address, with or without a port"
  },
  BodyNotAllowed: {
    status: 400,
    headers: [],
    rfc: "6455 §4.1",
    says: "a handshake must not have a body: frames follow its head"
  },
  UpgradeMissing: {
    status: 426,
    headers: upgrade,
    rfc: "6455 §4.2.1",
    says: "Upgrade must contain the token websocket"
  },
  ConnectionMissing: {
    status: 426,
    headers: upgrade,
    rfc: "6455 §4.2.1",
    says: "Connection must contain the token Upgrade"
  },
  VersionNotSupported: {
    status: 426,
    headers: upgrade,
    rfc: "6455 §4.4",
    says: "Sec-WebSocket-Version must occur once and be 13"
  },
  KeyMissing: { status: 400, headers: [], rfc: "6455 §4.2.1", says: "a request must have a Sec-WebSocket-Key" },
  KeyRepeated: { status: 400, headers: [], rfc: "6455 §11.3.1", says: "Sec-WebSocket-Key must occur once" },
  KeyInvalid: { status: 400, headers: [], rfc: "6455 §4.2.1", says: "Sec-WebSocket-Key must be 16 bytes in base64" },
  ...askedRules,
  TargetInvalid: {
    status: 400,
    headers: [],
    rfc: "6455 §4.1",
    says: "a target must be a path, or a URL of the same host"
  },
  ExtensionsMalformed: {
    status: 400,
    headers: [],
    rfc: "6455 §9.1",
    says: "Sec-WebSocket-Extensions must follow the grammar"
  }
} as const satisfies Record<string, Rule>

/**
 * @since 0.1.0
 * @category models
 */
export type RuleName = keyof typeof rules

/**
 * The rules for an answer, besides those of `HttpHead`.
 *
 * @since 0.1.0
 * @category rules
 */
export const answerRules = choiceRules

/**
 * @since 0.1.0
 * @category models
 */
export type AnswerRuleName = keyof typeof answerRules
