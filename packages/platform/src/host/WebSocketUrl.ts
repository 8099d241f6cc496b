/**
 * Parses the URL to connect to. In: a URL as given. Out: host, port, path and credentials, or the rule that it breaks; in either case
 * the part that an error may show.
 *
 * Hosts call it, each for its own client; applications do not need it.
 *
 * @since 0.1.0
 */
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as Options from "@effect-ws/codec/Options"
import { isRecord } from "effect/Predicate"
import { HandshakeError, invalidRequest, type urlRules } from "../HandshakeError.js"
import type { Url } from "../WebSocketClient.js"

/** What is used of the URL that every host has; no library of types for hosts is needed to say so. */
declare const URL: new(url: string, base?: string) => {
  readonly protocol: string
  readonly host: string
  readonly hostname: string
  readonly port: string
  readonly pathname: string
  readonly search: string
  readonly href: string
  username: string
  password: string
  hash: string
}

/**
 * @since 0.1.0
 * @category models
 */
export type Parsed = Located | Invalid

/**
 * A URL that can be connected to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Located {
  readonly _tag: "Located"
  /** The URL without user, password and the content of the query, which may hold tokens. */
  readonly shown: string
  readonly target: ClientHandshake.UrlParts
}

/**
 * A URL that breaks a rule, and the part at fault.
 *
 * @since 0.1.0
 * @category models
 */
export interface Invalid {
  readonly _tag: "Invalid"
  readonly shown: string
  readonly rule: keyof typeof urlRules
  readonly part: string
}

/**
 * The text of a URL. Untyped callers may give anything, such as `process.env.MISSING`: the result is then no URL, but says what it was.
 *
 * @since 0.1.0
 * @category reading
 */
export const textOf = (given: Url): string => {
  if (typeof given === "string") return given
  const href: unknown = isRecord(given) ? given.href : undefined
  return typeof href === "string" ? href : Options.shown(given)
}

/**
 * Reads a URL.
 *
 * @example
 * import * as WebSocketUrl from "@effect-ws/platform/host/WebSocketUrl"
 *
 * const located = WebSocketUrl.parse("wss://a.example/chat?token=secret")
 * // shown: "wss://a.example/chat?…", target: { secure: true, host: "a.example", port: 443, path: "/chat?token=secret", … }
 *
 * @since 0.1.0
 * @category reading
 */
export const parse = (text: string): Parsed => {
  const url = hasControl(text) ? undefined : parseUrl(text)
  if (url === undefined) return invalid(text, "UrlMalformed", "")
  if (!schemes.includes(url.protocol)) return invalid(text, "SchemeUnknown", url.protocol)
  if (text.includes("#")) return invalid(text, "FragmentPresent", url.hash)
  const user = decode(url.username)
  const password = decode(url.password)
  if (user === undefined || user.includes(":") || password === undefined) return invalid(text, "UserinfoMalformed", "")
  const secure = url.protocol === "wss:" || url.protocol === "https:"
  return {
    _tag: "Located",
    shown: `${secure ? "wss" : "ws"}://${url.host}${url.pathname}${url.search === "" ? "" : "?…"}`,
    target: {
      secure,
      host: url.hostname,
      port: url.port === "" ? secure ? 443 : 80 : Number(url.port),
      path: `${url.pathname}${url.search}`,
      authorization: user === "" && password === ""
        ? undefined
        : ClientHandshake.basicAuthorization(user, password)
    }
  }
}

const schemes: ReadonlyArray<string> = ["ws:", "wss:", "http:", "https:"]

/** Where user, password and query begin is not known in text that is no URL: all that may be part of them is left out. */
const invalid = (text: string, rule: Invalid["rule"], part: string): Invalid => ({
  _tag: "Invalid",
  shown: text.slice(text.lastIndexOf("@") + 1).split("?", 1)[0] ?? "",
  rule,
  part
})

/**
 * The error for an invalid URL.
 *
 * @since 0.1.0
 * @category errors
 */
export const invalidUrl = ({ part, rule, shown }: Invalid): HandshakeError =>
  new HandshakeError({ url: shown, reason: invalidRequest(rule, part) })

/**
 * The URL that a redirect leads to; `undefined` if it must not be followed: to another scheme, or from TLS to none. User and password
 * are left out: a server must not choose credentials.
 *
 * @since 0.1.0
 * @category reading
 */
export const redirected = (from: ClientHandshake.UrlParts, location: string): string | undefined => {
  const url = hasControl(location) ? undefined : parseUrl(location, baseOf(from))
  if (url === undefined || !schemes.includes(url.protocol)) return undefined
  if (from.secure && (url.protocol === "ws:" || url.protocol === "http:")) return undefined
  url.username = url.password = url.hash = ""
  return url.href
}

const baseOf = ({ host, path, port, secure }: ClientHandshake.UrlParts): string =>
  `${secure ? "wss" : "ws"}://${host}:${port}${path}`

/** `URL` would leave out tabs and line ends without a word. */
const hasControl = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code === 0x7f) return true
  }
  return false
}

const parseUrl = (text: string, base?: string): InstanceType<typeof URL> | undefined => {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
