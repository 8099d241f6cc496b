/**
 * The server's half of the opening handshake over HTTP/2: the extended CONNECT (RFC 8441). In: a request's fields, and later the user's
 * choice. Out: an offer to choose from, or a refusal with its status; then the fields of the answer.
 *
 * There is no key, no accept value, no `Upgrade` and no `Connection`: a stream is a connection of its own. All else is as over HTTP/1.1:
 * offers, choices and problems are those of `ServerHandshake`.
 *
 * It does not know frames of HTTP/2: whoever reads them must find streams and sessions that break their rules.
 *
 * @since 0.1.0
 */
import * as Excerpt from "./Excerpt.js"
import * as ExtensionHeader from "./ExtensionHeader.js"
import * as Forwarded from "./Forwarded.js"
import * as HttpHead from "./HttpHead.js"
import type { Header, Headers } from "./HttpHeaders.js"
import * as HttpHeaders from "./HttpHeaders.js"
import { askedRules, type Breach, judgeOrigin, judgeSubprotocols } from "./internal/asked.js"
import { checkChoice, checkRefusal, isBodiless } from "./internal/choice.js"
import * as fields from "./internal/fields.js"
import { line } from "./internal/line.js"
import * as Origin from "./Origin.js"
import type { Asked, Choice, Config, ResponseProblem, Rule } from "./ServerHandshake.js"

/**
 * The HEADERS of a stream that a client opens.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestHead {
  /** All fields in their order, with `:method` and the like. */
  readonly fields: Headers
  /** Whether END_STREAM came with them. */
  readonly ended: boolean
}

/**
 * What a client asks for, in a valid request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Offer extends Asked {
  readonly _tag: "Offer"
}

/**
 * Why a request is refused: the rule, and the status and headers for {@link refuse}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rejection {
  readonly _tag: "Rejection"
  readonly rule: RuleName
  readonly status: number
  readonly headers: Headers
  /** What was found, for the log: the client's words without control characters, cut after 200 characters. */
  readonly detail: string
}

/**
 * Whether a request asks for a WebSocket at all, validly or not. If not, it belongs to the user's routes.
 *
 * @since 0.1.0
 * @category judging
 */
export const asksForWebSocket = (fields: Headers): boolean =>
  HttpHeaders.values(fields, ":protocol").some((protocol) => protocol.toLowerCase() === "websocket")

/**
 * Judges a request.
 *
 * @example
 * import * as ServerConnect from "@effect-ws/codec/ServerConnect"
 * import * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
 *
 * const fields = [[":method", "GET"], [":scheme", "https"], [":authority", "a.example"], [":path", "/"]] as const
 * ServerConnect.judge({ fields, ended: true }, ServerHandshake.defaultConfig)
 * // { _tag: "Rejection", rule: "MethodNotConnect", status: 405, headers: [["allow", "CONNECT"]], detail: "GET" }
 *
 * @since 0.1.0
 * @category judging
 */
export const judge = (head: RequestHead, config: Config): Offer | Rejection => {
  const split = fields.split(head.fields, requestPseudo)
  if (split._tag === "Malformed") return rejection(split.rule, split.detail)
  const { headers, pseudo } = split
  const authority = pseudo.get(":authority") ?? ""
  const target = pseudo.get(":path") ?? ""
  const subprotocols = HttpHeaders.elements(headers, "sec-websocket-protocol")
  const lines = HttpHeaders.values(headers, "sec-websocket-extensions")
  const extensions = ExtensionHeader.parse(lines)
  const forwarded = Forwarded.read(config.forwarded, headers)
  const host = Forwarded.authority(forwarded, authority)
  const found = judgeConnect(pseudo) ?? judgeFields(headers, authority) ?? judgeStream(head, headers) ??
    judgeVersion(headers) ?? rejected(judgeOrigin(config.origin, host, headers)) ??
    rejected(judgeSubprotocols(headers, subprotocols))
  if (found !== undefined) return found
  if (!target.startsWith("/") || target.includes("#")) return rejection("TargetInvalid", target)
  if (extensions._tag === "Malformed") return rejection("ExtensionsMalformed", lines.join(", "))
  const origin = HttpHeaders.first(headers, "origin")
  return { _tag: "Offer", target, host, forwarded, origin, subprotocols, extensions: extensions.extensions, headers }
}

const rejected = (found: Breach | undefined): Rejection | undefined => found && rejection(found.rule, found.detail)

const rejection = (rule: RuleName, detail: string): Rejection => {
  const { headers, status } = rules[rule]
  return { _tag: "Rejection", rule, status, headers, detail: Excerpt.cut(detail) }
}

const requestPseudo: ReadonlyArray<string> = [":method", ":scheme", ":authority", ":path", ":protocol"]

/** 8441 §4 and §5. */
const judgeConnect = (pseudo: ReadonlyMap<string, string>): Rejection | undefined => {
  const method = pseudo.get(":method") ?? ""
  const protocol = pseudo.get(":protocol")
  const scheme = pseudo.get(":scheme") ?? ""
  const authority = pseudo.get(":authority")
  if (method !== "CONNECT") return rejection("MethodNotConnect", method)
  if (protocol === undefined) return rejection("ProtocolMissing", "")
  if (protocol.toLowerCase() !== "websocket") return rejection("ProtocolUnknown", protocol)
  if (scheme !== "https" && scheme !== "http") return rejection("SchemeInvalid", scheme)
  if (authority === undefined) return rejection("AuthorityMissing", "")
  return Origin.parseAuthority(authority, []) === undefined ? rejection("AuthorityInvalid", authority) : undefined
}

const judgeFields = (headers: Headers, authority: string): Rejection | undefined => {
  const connection = fields.connectionSpecific(headers)
  if (connection !== undefined) return rejection("ConnectionField", connection)
  const other = HttpHeaders.values(headers, "host").find((host) => host.toLowerCase() !== authority.toLowerCase())
  return other === undefined ? undefined : rejection("HostDiffers", `host ${other}, :authority ${authority}`)
}

/** The stream stays open both ways, and what comes on it are frames of the WebSocket. */
const judgeStream = ({ ended }: RequestHead, headers: Headers): Rejection | undefined => {
  if (ended) return rejection("StreamEnded", "")
  const lengths = HttpHeaders.values(headers, "content-length")
  return lengths.every((length) => /^0+$/.test(length))
    ? undefined
    : rejection("BodyNotAllowed", `content-length: ${lengths.join(", ")}`)
}

const judgeVersion = (headers: Headers): Rejection | undefined => {
  const versions = HttpHeaders.values(headers, "sec-websocket-version")
  return versions.length === 1 && versions[0] === "13"
    ? undefined
    : rejection("VersionNotSupported", versions.join(", "))
}

/**
 * Fields to send in a HEADERS frame, and the body of a refusal to send after them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly _tag: "Answer"
  readonly fields: Headers
  readonly body: Uint8Array
}

/**
 * Makes the 200 that accepts an offer: the stream stays open.
 *
 * @since 0.1.0
 * @category answering
 */
export const accept = (offer: Offer, choice: Choice = {}): Answer | ResponseProblem => {
  const headers = HttpHeaders.fromGiven(choice.headers)
  const chosen = checkChoice(offer, choice, headers)
  if (chosen._tag === "Problem") return chosen
  return answer(200, [
    ...line("sec-websocket-protocol", choice.subprotocol),
    ...line("sec-websocket-extensions", chosen.extensions),
    ...headers
  ])
}

/**
 * Makes a complete refusal, after which this stream ends, and no other. The status is 200 to 599; a 2xx is sent as 404, since it would
 * open the stream (RFC 9110 §9.3.6). Headers about an HTTP/1.1 connection (`Upgrade`, `Keep-Alive`) are left out.
 *
 * @example
 * import * as ServerConnect from "@effect-ws/codec/ServerConnect"
 *
 * ServerConnect.refuse(401, [["WWW-Authenticate", "Basic realm=\"chat\""]])
 *
 * @since 0.1.0
 * @category answering
 */
export const refuse = (
  status: number,
  given: HttpHeaders.Given = [],
  body: Uint8Array = noOctets
): Answer | ResponseProblem => {
  const headers = HttpHeaders.fromGiven(given)
  const found = checkRefusal(status, headers, body)
  if (found !== undefined) return found
  const length = isBodiless(status) ? undefined : String(body.length)
  return answer(status < 300 ? 404 : status, [...line("content-length", length), ...headers], body)
}

const answer = (status: number, headers: Headers, body: Uint8Array = noOctets): Answer | ResponseProblem => {
  const kept = headers.filter(([name]) => !fields.isConnectionSpecific(name))
  return HttpHead.checkHeaders(kept) ?? {
    _tag: "Answer",
    fields: [[":status", String(status)], ...kept.map(([name, value]): Header => [name.toLowerCase(), value])],
    body
  }
}

const noOctets = new Uint8Array(0)

/**
 * The rules for a request, in the order in which they are checked.
 *
 * @since 0.1.0
 * @category rules
 */
export const rules = {
  PseudoMalformed: {
    status: 400,
    headers: [],
    rfc: "9113 §8.3",
    says: "pseudo-header fields must be those of a request, come first, and occur once"
  },
  FieldMalformed: {
    status: 400,
    headers: [],
    rfc: "9113 §8.2.1",
    says: "a field name must be a lowercase token, and its value must not contain CR, LF or NUL"
  },
  MethodNotConnect: {
    status: 405,
    headers: [["allow", "CONNECT"]],
    rfc: "8441 §4",
    says: "over HTTP/2 the method must be CONNECT"
  },
  ProtocolMissing: { status: 400, headers: [], rfc: "8441 §4", says: "a CONNECT must say what for, in :protocol" },
  ProtocolUnknown: { status: 501, headers: [], rfc: "9220 §3", says: "the protocol must be websocket" },
  SchemeInvalid: { status: 400, headers: [], rfc: "8441 §5", says: "the scheme must be https or http" },
  AuthorityMissing: { status: 400, headers: [], rfc: "8441 §4", says: "a request must name its host in :authority" },
  AuthorityInvalid: {
    status: 400,
    headers: [],
    rfc: "9113 §8.3.1",
    says: "an authority must be a name or address, with or without a port"
  },
  ConnectionField: {
    status: 400,
    headers: [],
    rfc: "9113 §8.2.2",
    says: "HTTP/2 must not carry connection-specific header fields"
  },
  HostDiffers: { status: 400, headers: [], rfc: "9113 §8.3.1", says: "Host, if present, must equal :authority" },
  StreamEnded: { status: 400, headers: [], rfc: "8441 §5", says: "the stream must stay open: frames follow" },
  BodyNotAllowed: {
    status: 400,
    headers: [],
    rfc: "9110 §9.3.6",
    says: "a CONNECT must not have a body: frames follow its fields"
  },
  VersionNotSupported: {
    status: 400,
    headers: [["sec-websocket-version", "13"]],
    rfc: "6455 §4.4",
    says: "Sec-WebSocket-Version must occur once and be 13"
  },
  ...askedRules,
  TargetInvalid: {
    status: 400,
    headers: [],
    rfc: "9113 §8.3.1",
    says: "a path must begin with a slash and have no fragment"
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
