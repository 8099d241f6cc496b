/**
 * A server under test: what to connect to, and what to ask for. In: a ws or wss URL. Out: its parts.
 *
 * @since 0.1.0
 */

/**
 * A server under test.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  /** Path and query. */
  readonly path: string
  /** The name for SNI, if it is not the host. */
  readonly serverName: string | undefined
  readonly origin: string | undefined
  readonly protocols: ReadonlyArray<string>
  /** Whether to ask over HTTP/2 (RFC 8441): by ALPN with `wss:`, from the first byte (h2c) with `ws:`. */
  readonly http2: boolean
}

/**
 * The target of a ws or wss URL; `undefined` if it is no such URL, or has a fragment.
 *
 * @since 0.1.0
 * @category targets
 */
export const parse = (
  url: string,
  fields: Partial<Pick<Target, "serverName" | "origin" | "protocols" | "http2">> = {}
): Target | undefined => {
  if (!URL.canParse(url)) return undefined
  const { hash, hostname, pathname, port, protocol, search } = new URL(url)
  if ((protocol !== "ws:" && protocol !== "wss:") || hash !== "") return undefined
  const secure = protocol === "wss:"
  return {
    secure,
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (secure ? 443 : 80) : Number(port),
    path: pathname + search,
    serverName: undefined,
    origin: undefined,
    protocols: [],
    http2: false,
    ...fields
  }
}

/**
 * The value of Host for this target.
 *
 * @since 0.1.0
 * @category targets
 */
export const hostOf = ({ host, port }: Target): string => `${host.includes(":") ? `[${host}]` : host}:${port}`
