/**
 * Which pages may connect (RFC 6455 §4.2.2, §10.2): browsers let any page open a WebSocket to any server, with the user's cookies, and
 * name the page in `Origin`; the server must check it. In: a policy, the requested host, headers. Out: allowed, or refused with both
 * values for the log.
 *
 * By default the host and port of `Origin` must be those of `Host`, or the origin must be listed. Whole values are compared, never parts.
 * Other clients send no `Origin`, or any they like: this protects users, and authenticates nobody.
 *
 * @since 0.1.0
 */
import type { Headers } from "./HttpHeaders.js"
import * as HttpHeaders from "./HttpHeaders.js"
import * as Options from "./Options.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Policy {
  /**
   * Origins that are allowed besides the server's own, each exactly as browsers write it: `https://example.com`, without a path, a final
   * slash, a default port or capitals; `null` for pages that have none. `"any"` allows all.
   */
  readonly origins: "any" | ReadonlyArray<string>
  /**
   * The hosts that clients may name: `localhost`, with any port, or `localhost:8080`. For a service in a private network, where a page
   * can make its own name resolve to the server's address (DNS rebinding): then its `Origin` and `Host` are equal, and only this list
   * stops it.
   */
  readonly hosts: "any" | ReadonlyArray<string>
}

/**
 * Allows only the server's own origin, under any name of the server.
 *
 * @since 0.1.0
 * @category constants
 */
export const sameHost: Policy = { origins: [], hosts: "any" }

/**
 * The rules for a policy, for `Options.read`. They refuse what would never match: an origin that browsers write in another way (with a
 * path, a final slash, a default port, capitals), a malformed host, a pattern.
 *
 * @since 0.1.0
 * @category options
 */
export const options: Options.Table<Policy> = {
  origins: Options.list({
    range: "\"any\", or a list of origins as browsers write them, such as https://a.example",
    word: "any",
    judge: (text) => originAdvice(text),
    default: []
  }),
  hosts: Options.list({
    range: "\"any\", or a list of hosts, such as localhost or localhost:8080",
    word: "any",
    judge: (text) => hostAdvice(text),
    default: "any"
  })
}

/** What to do about an origin that no browser writes so. */
const originAdvice = (text: string): string | undefined => {
  if (text === "null") return undefined
  if (text.includes("*")) return "Patterns are not supported: name each origin, or give \"any\" instead of the list."
  const [, scheme = "", authority = ""] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text) ?? []
  const known = webScheme(scheme.toLowerCase())
  // an application's or an extension's own: its host has a form of its own
  if (known === undefined) return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*$/.test(text) ? undefined : writeOrigin
  const host = parseAuthority(authority, [known.port])
  if (host === undefined) return writeOrigin
  const origin = `${known.secure ? "https" : "http"}://${host.text}`
  return origin === text ? undefined : `Write ${JSON.stringify(origin)}.`
}

const writeOrigin = "Write scheme://host or scheme://host:port, an international name in ASCII (xn--…)."

const hostAdvice = (text: string): string | undefined =>
  text.includes("*") || parseAuthority(text, webPorts) === undefined
    ? "Write host or host:port, without a scheme, a path or patterns; IPv6 in brackets, an international name in ASCII (xn--…)."
    : undefined

/**
 * @since 0.1.0
 * @category models
 */
export type Verdict =
  | { readonly _tag: "Allowed" }
  /** `host` is the host that the origin was compared with. */
  | { readonly _tag: "OriginRefused"; readonly origin: string; readonly host: string }
  | { readonly _tag: "HostRefused"; readonly host: string }

/**
 * Judges a request for `host`: the value of its `Host` header (or `:authority`), or what a trusted proxy says (see `Forwarded`).
 *
 * @example
 * import * as Origin from "@effect-ws/codec/Origin"
 *
 * Origin.judge(Origin.sameHost, "a.example:443", [["Origin", "https://a.example"]]) // { _tag: "Allowed" }
 * Origin.judge(Origin.sameHost, "a.example", [["Origin", "https://a.example.evil.example"]])
 * // { _tag: "OriginRefused", origin: "https://a.example.evil.example", host: "a.example" }
 *
 * @since 0.1.0
 * @category judging
 */
export const judge = (policy: Policy, host: string, headers: Headers): Verdict => {
  const authority = parseAuthority(host, webPorts)
  if (!isListedHost(policy, authority)) return { _tag: "HostRefused", host }
  const [origin, ...more] = HttpHeaders.values(headers, "origin")
  if (origin === undefined || policy.origins === "any") return allowed
  if (more.length > 0) return { _tag: "OriginRefused", origin: [origin, ...more].join(", "), host }
  if (policy.origins.includes(origin)) return allowed
  return authority !== undefined && parseOrigin(origin)?.text === authority.text
    ? allowed
    : { _tag: "OriginRefused", origin, host }
}

const allowed: Verdict = { _tag: "Allowed" }

const isListedHost = (policy: Policy, authority: Authority | undefined): boolean => {
  if (policy.hosts === "any") return true
  if (authority === undefined) return false
  return policy.hosts.some((entry) => {
    const listed = entry.toLowerCase()
    return listed === authority.host || parseAuthority(listed, webPorts)?.text === authority.text
  })
}

/**
 * A host and its port.
 *
 * @since 0.1.0
 * @category models
 */
export interface Authority {
  /** In lower case; an IPv6 address keeps its brackets. */
  readonly host: string
  /** `undefined` for a port that is absent or the default. */
  readonly port: number | undefined
  /** `host` or `host:port`. */
  readonly text: string
}

/**
 * Reads `host` or `host:port`; `undefined` if it is neither. A port among `defaults` is dropped, and so is an empty one. Names may be what
 * RFC 3986 §3.2.2 allows, except for the comma, which would join two; international names come as ASCII, and percent-encoding is not
 * decoded. An IPv6 address is recognized by its brackets and colons, and not checked further.
 *
 * @since 0.1.0
 * @category parsing
 */
export const parseAuthority = (text: string, defaults: ReadonlyArray<number>): Authority | undefined => {
  const match = authorityForm.exec(text)
  if (match === null) return undefined
  const [, name = "", digits = ""] = match
  const host = name.toLowerCase()
  const port = Number(digits)
  if (digits === "" || defaults.includes(port)) return { host, port: undefined, text: host }
  return port > 65535 ? undefined : { host, port, text: `${host}:${port}` }
}

const authorityForm =
  /^((?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+|\[[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\])(?::([0-9]*))?$/

/** The ports that `Host` drops: which of them is the default is not known behind a proxy. */
const webPorts: ReadonlyArray<number> = [80, 443]

/** `scheme://host[:port]` and nothing behind it. */
const parseOrigin = (origin: string): Authority | undefined => {
  const separator = origin.indexOf("://")
  const scheme = origin.slice(0, Math.max(separator, 0)).toLowerCase()
  const rest = origin.slice(separator + 3)
  const known = webScheme(scheme)
  // an extension's or an application's own: its host is no host of the network, so it must be listed
  return known === undefined ? undefined : parseAuthority(rest, [known.port])
}

const webScheme = (scheme: string): { readonly secure: boolean; readonly port: number } | undefined => {
  switch (scheme) {
    case "http":
    case "ws":
      return { secure: false, port: 80 }
    case "https":
    case "wss":
      return { secure: true, port: 443 }
    default:
      return undefined
  }
}
