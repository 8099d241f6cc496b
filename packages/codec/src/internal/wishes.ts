/**
 * What of a request is judged alike over HTTP/1.1 and HTTP/2: where to, and what to ask for. In: both. Out: the authority as a request
 * names it, the header lines, and the first rule that is broken.
 */
import type { Headers } from "../HttpHeaders.js"
import * as HttpHeaders from "../HttpHeaders.js"
import * as Origin from "../Origin.js"
import { line } from "./line.js"
import { shown } from "./options.js"
import { isToken } from "./token.js"

/** Of `ClientHandshake`, which has them for its users. */
interface UrlParts {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  readonly path: string
  readonly authorization?: string | undefined
}

interface Wishes {
  readonly origin: string | undefined
  readonly subprotocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<unknown>
}

interface RequestProblem {
  readonly _tag: "Problem"
  readonly rule: WishRuleName
  readonly part: string
}

/** 6455 §4.1, item 4: the port is left out if it is the scheme's. */
export const authorityOf = ({ host, port, secure }: UrlParts): string => {
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host
  return port === (secure ? 443 : 80) ? bracketed : `${bracketed}:${port}`
}

/** What is asked for, as header lines. The user's own Authorization is the one to send. */
export const wishLines = (
  { authorization }: UrlParts,
  { extensions, origin, subprotocols }: Wishes,
  headers: Headers,
  encoded: string
): Headers => [
  ...line("Origin", origin),
  ...line("Authorization", HttpHeaders.count(headers, "authorization") > 0 ? undefined : authorization),
  ...line("Sec-WebSocket-Protocol", subprotocols.length === 0 ? undefined : subprotocols.join(", ")),
  ...line("Sec-WebSocket-Extensions", extensions.length === 0 ? undefined : encoded)
]

export const checkSubprotocols = (subprotocols: ReadonlyArray<string>): RequestProblem | undefined => {
  const seen = new Set<string>()
  for (const subprotocol of subprotocols) {
    if (!isToken(subprotocol)) return problem("SubprotocolInvalid", subprotocol)
    if (seen.has(subprotocol)) return problem("SubprotocolRepeated", subprotocol)
    seen.add(subprotocol)
  }
  return undefined
}

export const checkTarget = (target: UrlParts, host: string): RequestProblem | undefined => {
  if (!Number.isInteger(target.port) || target.port < 0 || target.port > 65535) {
    return problem("PortInvalid", String(target.port))
  }
  if (Origin.parseAuthority(host, []) === undefined) return problem("HostInvalid", target.host)
  return target.path.startsWith("/") && !target.path.includes("#") ? undefined : problem("PathInvalid", target.path)
}

export const checkWishes = ({ origin, subprotocols }: Wishes, headers: Headers): RequestProblem | undefined => {
  const found = checkSubprotocols(subprotocols)
  if (found !== undefined) return found
  for (const [name] of headers) {
    const lower = name.toLowerCase()
    if (reserved.includes(lower) || (lower === "origin" && origin !== undefined)) return problem("HeaderReserved", name)
  }
  return undefined
}

const reserved: ReadonlyArray<string> = [
  "connection",
  "content-length",
  "host",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "sec-websocket-key",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "transfer-encoding",
  "upgrade"
]

/** What is no string is shown as one, so that whoever tells of it can. */
export const problem = <Rule extends string = WishRuleName>(
  rule: Rule,
  part: unknown
): { readonly _tag: "Problem"; readonly rule: Rule; readonly part: string } => ({
  _tag: "Problem",
  rule,
  part: typeof part === "string" ? part : shown(part)
})

export const wishRules = {
  PortInvalid: { rfc: "6455 §3", says: "a port must be 0 to 65535" },
  HostInvalid: { rfc: "6455 §3", says: "a host must be a name in ASCII or an address" },
  PathInvalid: { rfc: "6455 §3", says: "a path must begin with a slash and have no fragment" },
  SubprotocolInvalid: { rfc: "6455 §4.1", says: "a subprotocol must be a token" },
  SubprotocolRepeated: { rfc: "6455 §4.1", says: "no subprotocol may be offered twice" },
  ExtensionInvalid: { rfc: "6455 §9.1", says: "names and values of extensions must be tokens" },
  HeaderReserved: { rfc: "6455 §4.1", says: "the handshake writes this header itself: leave it out" }
} as const satisfies Record<string, { readonly rfc: string; readonly says: string }>

type WishRuleName = keyof typeof wishRules
