/** The options of a server on this host. `settings.ts` judges them. */
import type * as Forwarded from "@effect-ws/codec/Forwarded"
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Given } from "@effect-ws/codec/Options"
import type * as Limits from "@effect-ws/connection/Limits"
import type { ShutdownCode, WebSocketServer } from "@effect-ws/platform/WebSocketServer"
import type * as Duration from "effect/Duration"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import type * as Tls from "node:tls"
import type * as Deflate from "../compression/options.js"
import type { MessageMemory } from "../transport/messageMemory.js"

/**
 * The options for all connections of a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServingOptions {
  /** Default: `Limits.defaults` with keepalive on: a ping after 20 seconds of silence, failure 20 seconds later. */
  readonly limits?: Limits.Input | undefined
  /**
   * The time for the head of a request to arrive (beyond it 408; an attached server has timeouts of its own), and again for `accept` to
   * decide (beyond it 503): 1 ms to 24.8 days. Default 10 seconds.
   */
  readonly openTimeout?: Duration.DurationInput | undefined
  /**
   * How long shutting down waits for handlers and closing handshakes before it cuts what is left: 0 to 24.8 days, or infinite.
   * Default 3 seconds.
   */
  readonly grace?: Duration.DurationInput | undefined
  /** Open connections and pending upgrades: 0 to 2^31 - 1. Beyond it, requests are refused with 503. Default `Infinity`: no limit. */
  readonly maxConnections?: number | undefined
  /**
   * The Close code when the server, or a `serve` of it, shuts down: 1001 (going away), 1012 (service restart) or 1013 (try again later).
   * Default 1001.
   */
  readonly closeOnShutdown?: ShutdownCode | undefined
  /**
   * Origins whose pages may connect, besides the server's own. Write them as browsers do: `https://a.example`, without a path, a final
   * slash, a default port or capitals; `null` for pages that have none. `"any"` allows all. Others are refused with 403. Default: none.
   * An origin that no browser would write so is an `InvalidOption`, since it would never match.
   */
  readonly origins?: "any" | ReadonlyArray<string> | undefined
  /**
   * The hosts that clients may name, such as `localhost` (with any port) or `localhost:8080`; others are refused with 403. It protects
   * local services against DNS rebinding. Default "any".
   */
  readonly allowedHosts?: "any" | ReadonlyArray<string> | undefined
  /** Trusts what a reverse proxy in front says about the client. Default: none is trusted. */
  readonly trustProxy?: TrustProxy | undefined
  /**
   * The memory of received binary messages, and of text as bytes. "own": each fills memory of its own, which you may keep, overwrite and
   * transfer to a worker. "pooled": messages of 65 to 4,096 bytes share pieces of 32 KiB, 8-aligned, which takes about a third less CPU
   * where very many come in bursts. Then keeping a message keeps its piece, `message.buffer` contains others as well, and you must not
   * transfer it: `structuredClone` refuses it or copies, but `message.buffer.transfer()` takes the others with it.
   * `message.slice()` is a copy of your own. Default "own".
   */
  readonly messageMemory?: MessageMemory | undefined
  /** permessage-deflate. By default it is accepted as clients offer it; `false` declines it. */
  readonly compression?: Deflate.ServerOptions | false | undefined
  /**
   * The limits for the head of a request: beyond them 431, and 414 for the target. Default 16 KiB, 100 header lines (65,535 at most), a
   * target of 8 KiB.
   */
  readonly head?: Given<HttpHead.Limits> | undefined
}

/**
 * IP addresses and subnets (`127.0.0.1`, `10.0.0.0/8`, `fd00::/8`), or "any". A peer on a Unix socket has no address, and always
 * matches.
 *
 * @since 0.1.0
 * @category models
 */
export type Peers = "any" | ReadonlyArray<string>

/**
 * Which headers of reverse proxies are trusted, and from whom.
 *
 * Anybody can write these headers. Name only those that your proxy sets in every request, whatever the client has sent: any
 * other comes from the client, and lets it choose its address.
 *
 * @example
 * import * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
 *
 * // nginx on the same machine, with `proxy_set_header X-Forwarded-Host $http_host` and so on
 * const server = NodeWebSocketServer.layer({
 *   port: 8080,
 *   host: "127.0.0.1",
 *   trustProxy: { from: ["127.0.0.1"], headers: ["x-forwarded-host", "x-forwarded-for", "x-forwarded-proto"] }
 * })
 *
 * @since 0.1.0
 * @category models
 */
export interface TrustProxy {
  /**
   * The proxy's addresses: headers from all others are ignored. Give "any" only if nothing but the proxy can reach the server.
   */
  readonly from: Peers
  /**
   * `x-forwarded-host` and `x-forwarded-port` replace the request's `Host`, with which `Origin` is compared; `x-forwarded-for` gives
   * `remoteAddress`, and `x-forwarded-proto` gives `secure`. `forwarded` (RFC 7239) gives all of these except the port.
   */
  readonly headers: ReadonlyArray<Forwarded.HeaderName>
  /** How many proxies are chained, each of which appends to the lists: 1 to 100. Default 1. */
  readonly hops?: number | undefined
}

/**
 * Where to listen: on a port (0 to 65,535; 0 for a free one) of `host` (default: all addresses), on a Unix socket, or on a descriptor
 * that listens already.
 *
 * `reusePort` lets several processes of the same user listen on one port; the operating system spreads new connections among them
 * (SO_REUSEPORT). Each binds the port itself, also in a worker of `node:cluster`, and port 0 gives each its own port. It needs Node
 * 22.12, or 23.1 and later; on older versions `true` is an `InvalidOption`. Where the system does not support it (macOS, Windows),
 * listening fails with a `ServeError`. Default `false`.
 *
 * @since 0.1.0
 * @category models
 */
export type Options =
  & ServingOptions
  & {
    /** Serves `wss:`, with these options of `node:tls`. */
    readonly tls?: TlsOptions | undefined
    /**
     * Takes WebSockets over HTTP/2, too (RFC 8441), on the same port: with `tls` by ALPN, without it from peers that speak HTTP/2 from
     * the first byte, such as a proxy in front (h2c). Default `false`: HTTP/1.1 only.
     */
    readonly http2?: boolean | Http2Options | undefined
    /**
     * The path of a health check, for load balancers and orchestrators: `GET` and `HEAD` get 200 while the server serves, and 503 before
     * the first `serve` and during shutdown. Such requests are not logged. Default: none.
     */
    readonly health?: string | undefined
    /** How many connections the operating system may hold until we accept them: 1 to 2^31 - 1. Default 511, as in Node. */
    readonly backlog?: number | undefined
    /**
     * Expects every connection to begin with a PROXY header (version 1 or 2), before TLS: it gives `remoteAddress`. A connection that
     * does not come from `from`, or sends no valid header within `openTimeout`, is dropped with a warning in the log. The header may take at
     * most 4 KiB. Default: no header is expected, and one is a malformed request (400).
     */
    readonly proxyProtocol?: { readonly from: Peers } | undefined
  }
  & (
    | {
      readonly port: number
      readonly host?: string | undefined
      readonly reusePort?: boolean | undefined
      /** In a worker of `node:cluster`: only this worker listens. Default `false`: workers share the port. */
      readonly exclusive?: boolean | undefined
      readonly path?: undefined
      readonly fd?: undefined
    }
    | {
      readonly path: string
      readonly port?: undefined
      readonly host?: undefined
      readonly reusePort?: undefined
      readonly exclusive?: undefined
      readonly fd?: undefined
    }
    | {
      /** A descriptor that listens already, as systemd passes it on: 0 to 2^31 - 1. Not on Windows. */
      readonly fd: number
      readonly port?: undefined
      readonly host?: undefined
      readonly path?: undefined
      readonly reusePort?: undefined
      readonly exclusive?: undefined
    }
  )

/**
 * The limits of an HTTP/2 session: one TCP connection, on which a client may have many WebSockets.
 *
 * @since 0.1.0
 * @category models
 */
export interface Http2Options {
  /** Streams of a session at a time: 1 to 100,000. For more, a client opens another session or waits; a client that opens more streams
   * loses its session (RFC 9113 §5.1.2). Default 1,000. */
  readonly maxStreams?: number | undefined
  /** How long a session may have no streams before it is closed: 1 ms to 24.8 days, or infinite. Default 1 minute. */
  readonly idleTimeout?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TlsOptions extends Tls.SecureContextOptions, Tls.TlsOptions {}

/**
 * @since 0.1.0
 * @category models
 */
export interface AttachOptions extends ServingOptions {
  /**
   * The paths to serve, exactly and without a query, or a function that decides. Others are left to other `upgrade` listeners of the
   * server; if there are none, they get 404. Default: all.
   */
  readonly paths?: ReadonlyArray<string> | ((path: string) => boolean) | undefined
}

/**
 * A server to which you hand upgrades one by one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Upgrades {
  readonly server: WebSocketServer["Type"]
  /**
   * Takes the arguments of an `upgrade` listener of `node:http`, judges the request, and serves it or refuses it with a complete answer.
   * From then on the socket belongs to the server. Never throws.
   */
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void
}
