/**
 * The client's half of the opening handshake (RFC 6455 §4.1). In: where to connect and what to ask for, and later the head of the
 * answer. Out: the bytes of the request, or why it must not be written; then what was agreed, a refusal with its status, or the name of
 * the rule that the answer breaks.
 *
 * It takes the parts of a URL and a key, since the platform parses URLs (and international names) and makes random bytes. It does not
 * connect, read (see `FinalResponse`), redirect or retry.
 *
 * @since 0.1.0
 */
import * as AcceptKey from "./AcceptKey.js"
import * as Excerpt from "./Excerpt.js"
import type { Extension } from "./ExtensionHeader.js"
import * as ExtensionHeader from "./ExtensionHeader.js"
import * as FinalResponse from "./FinalResponse.js"
import * as HttpHead from "./HttpHead.js"
import type { Headers } from "./HttpHeaders.js"
import * as HttpHeaders from "./HttpHeaders.js"
import { agreedRules, verifyAgreed } from "./internal/agreed.js"
import * as internal from "./internal/wishes.js"
import { authorityOf, checkTarget, checkWishes, problem, wishLines } from "./internal/wishes.js"
import * as Primitives from "./Primitives.js"

/**
 * The parts of a `ws:` or `wss:` URL.
 *
 * @since 0.1.0
 * @category models
 */
export interface UrlParts {
  readonly secure: boolean
  /** A name in ASCII, or an address; IPv6 with or without brackets. */
  readonly host: string
  /** 0 to 65535. */
  readonly port: number
  /** Path and query, without fragment: begins with a slash. */
  readonly path: string
  /** The value of `Authorization`; for a URL's user and password, see {@link basicAuthorization}. */
  readonly authorization: string | undefined
}

/**
 * What to ask for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Wishes {
  /** The key, of 16 random bytes, new for each attempt: `AcceptKey.fromOctets`. */
  readonly key: string
  /** In order of preference, without repetitions. */
  readonly subprotocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<Extension>
  readonly origin: string | undefined
  /** Headers to add, such as cookies, but none of the handshake's own. */
  readonly headers: HttpHeaders.Given
}

/**
 * Wishes with defaults: nothing but what `fields` has.
 *
 * @since 0.1.0
 * @category constructors
 */
export const wishes = (key: string, fields: Partial<Omit<Wishes, "key">> = {}): Wishes => ({
  key,
  subprotocols: [],
  extensions: [],
  origin: undefined,
  headers: [],
  ...fields
})

/**
 * Why a request must not be written, and which part of it is at fault.
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
 * @since 0.1.0
 * @category models
 */
export type EncodedRequest = { readonly _tag: "Encoded"; readonly octets: Uint8Array } | RequestProblem

/**
 * Writes the bytes of a request.
 *
 * @example
 * import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
 *
 * const target = { secure: false, host: "a.example", port: 80, path: "/chat", authorization: undefined }
 * ClientHandshake.request(target, ClientHandshake.wishes("dGhlIHNhbXBsZSBub25jZQ=="))
 *
 * @since 0.1.0
 * @category asking
 */
export const request = (target: UrlParts, wishes: Wishes): EncodedRequest => {
  const host = authorityOf(target)
  const headers = HttpHeaders.fromGiven(wishes.headers)
  const extensions = ExtensionHeader.encode(wishes.extensions)
  const found = checkTarget(target, host) ?? checkKey(wishes) ?? checkWishes(wishes, headers)
  if (found !== undefined) return found
  if (extensions._tag === "Problem") return problem("ExtensionInvalid", extensions.part)
  return HttpHead.encodeRequest({
    method: "GET",
    target: target.path,
    version: "1.1",
    headers: [
      ["Host", host],
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Key", wishes.key],
      ["Sec-WebSocket-Version", "13"],
      ...wishLines(target, wishes, headers, extensions.value),
      ...headers
    ]
  })
}

/**
 * `Basic` credentials (RFC 7617, in UTF-8) for a user and password that are percent-decoded already. The user must not contain a colon:
 * what follows it would be read as part of the password.
 *
 * @since 0.1.0
 * @category asking
 */
export const basicAuthorization = (
  user: string,
  password: string,
  primitives: Omit<Primitives.Primitives, "sha1Base64"> = Primitives.withoutSha1
): string => {
  const text = `${user}:${password}`
  const octets = primitives.allocate(primitives.utf8Length(text))
  primitives.encodeUtf8(text, octets, 0)
  return `Basic ${primitives.base64(octets)}`
}

/**
 * Returns what is wrong with subprotocols to ask for, if anything. {@link request} checks this by itself.
 *
 * @since 0.1.0
 * @category asking
 */
export const checkSubprotocols: (subprotocols: ReadonlyArray<string>) => RequestProblem | undefined =
  internal.checkSubprotocols

const checkKey = ({ key }: Wishes): RequestProblem | undefined =>
  AcceptKey.isKey(key) ? undefined : problem("KeyInvalid", key)

/**
 * What an answer is judged against: what was asked, and what to do when the server chooses none of the subprotocols. RFC 6455 lets a
 * client go on ("accept"); WHATWG makes it fail.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expected {
  readonly key: string
  readonly subprotocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<Extension>
  readonly withoutSubprotocol: "accept" | "fail"
}

/**
 * What {@link verify} should expect of an answer to these wishes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const expected = (wishes: Wishes, withoutSubprotocol: "accept" | "fail" = "accept"): Expected => ({
  key: wishes.key,
  subprotocols: wishes.subprotocols,
  extensions: wishes.extensions,
  withoutSubprotocol
})

/**
 * The server switched protocols. The parameters of extensions are not judged here: see `PermessageDeflate.verify`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Established {
  readonly _tag: "Established"
  readonly subprotocol: string | undefined
  readonly extensions: ReadonlyArray<Extension>
  readonly headers: Headers
}

/**
 * The server answered with another status than 101. It is final: interim responses were skipped (`FinalResponse`).
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  readonly _tag: "Refused"
  readonly status: number
  readonly reason: string
  readonly headers: Headers
}

/**
 * The server answered 101 and broke a rule: the connection fails.
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
 * Judges the head of a final response.
 *
 * @example
 * import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
 *
 * const expected = ClientHandshake.expected(ClientHandshake.wishes("dGhlIHNhbXBsZSBub25jZQ=="))
 * ClientHandshake.verify({ version: "1.1", status: 404, reason: "Not Found", headers: [] }, expected)
 * // { _tag: "Refused", status: 404, reason: "Not Found", headers: [] }
 *
 * @since 0.1.0
 * @category judging
 */
export const verify = (
  head: HttpHead.ResponseHead,
  expected: Expected,
  primitives: Primitives.Primitives = Primitives.plain
): Established | Refused | Violated => {
  const { headers, reason, status } = head
  if (status !== 101) return { _tag: "Refused", status, reason, headers }
  const found = verifyUpgrade(head, expected.key, primitives)
  if (found !== undefined) return found
  const agreed = verifyAgreed(headers, expected)
  return agreed._tag === "Breach" ? violated(agreed.rule, agreed.detail) : { ...agreed, _tag: "Established", headers }
}

/**
 * The breach for bytes that are not a final response.
 *
 * @since 0.1.0
 * @category judging
 */
export const malformed = (rule: HttpHead.RuleName | "TooManyInterim"): Violated =>
  rule === "TooManyInterim"
    ? violated(rule, `more than ${FinalResponse.maxInterim}`)
    : violated("MalformedHead", `${rule}: ${HttpHead.rules[rule].says}`)

const violated = (rule: RuleName, detail: string): Violated => ({ _tag: "Violated", rule, detail: Excerpt.cut(detail) })

/** 6455 §4.1, the answer's items 2 to 4. */
const verifyUpgrade = (
  { headers, version }: HttpHead.ResponseHead,
  key: string,
  primitives: Primitives.Primitives
): Violated | undefined => {
  if (!version.startsWith("1.")) return violated("HttpVersion", version)
  const upgrades = HttpHeaders.tokens(headers, "upgrade")
  if (upgrades.length !== 1 || upgrades[0] !== "websocket") return violated("UpgradeMissing", upgrades.join(", "))
  const connection = HttpHeaders.tokens(headers, "connection")
  if (!connection.includes("upgrade")) return violated("ConnectionMissing", connection.join(", "))
  const accepts = HttpHeaders.values(headers, "sec-websocket-accept")
  return accepts.length === 1 && accepts[0] === AcceptKey.accept(key, primitives)
    ? undefined
    : violated("WrongAccept", accepts.join(", "))
}

/**
 * The rules for reading an answer, and for judging a 101.
 *
 * @since 0.1.0
 * @category rules
 */
export const rules = {
  MalformedHead: { rfc: "9112 §2.1", says: "a response must begin with a status line and headers" },
  TooManyInterim: {
    rfc: "9110 §15.2",
    says: `at most ${FinalResponse.maxInterim} interim responses (1xx) may precede the final one`
  },
  HttpVersion: { rfc: "9112 §2.3", says: "the version must be HTTP/1.x" },
  UpgradeMissing: { rfc: "6455 §4.1", says: "Upgrade must be websocket and nothing else" },
  ConnectionMissing: { rfc: "6455 §4.1", says: "Connection must contain the token Upgrade" },
  WrongAccept: { rfc: "6455 §4.1", says: "Sec-WebSocket-Accept must occur once and match the key" },
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
  ...internal.wishRules,
  KeyInvalid: { rfc: "6455 §4.1", says: "Sec-WebSocket-Key must be 16 bytes in base64" }
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>

/**
 * @since 0.1.0
 * @category models
 */
export type RequestRuleName = keyof typeof requestRules
