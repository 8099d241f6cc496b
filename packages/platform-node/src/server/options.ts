/** What a server of this host can be told. `settings.ts` judges it. */
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
 * What holds for all connections of a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServingOptions {
  /** Default: `Limits.defaults`, and keepalive on: a ping after 20 seconds of silence, failure 20 seconds later. */
  readonly limits?: Limits.Input | undefined
  /**
   * For the head of the request (408 beyond it; an attached server has timeouts of its own), and again for `accept` to decide
   * (503 beyond it): 1 ms to 24.8 days. Default 10 seconds.
   */
  readonly openTimeout?: Duration.DurationInput | undefined
  /**
   * How long shutting down waits for handlers and closing handshakes before it cuts what is left: 0 to 24.8 days, or infinite.
   * Default 3 seconds.
   */
  readonly grace?: Duration.DurationInput | undefined
  /** Open connections and upgrades under way: 0 to 2^31 - 1; those beyond it are refused with 503. Default `Infinity`: no limit. */
  readonly maxConnections?: number | undefined
  /**
   * The code that connections are closed with when the server, or a `serve` of it, shuts down: 1001 (going away), 1012 (service restart)
   * or 1013 (try again later). Default 1001.
   */
  readonly closeOnShutdown?: ShutdownCode | undefined
  /**
   * Origins besides the server's own whose pages may connect, as browsers write them: `https://a.example`, without a path, a slash
   * at the end, a default port or capitals; `null` for pages that have none. `"any"` allows all. Others are refused with 403. Default
   * none. An origin that no browser writes so is an `InvalidOption`: it would never match.
   */
  readonly origins?: "any" | ReadonlyArray<string> | undefined
  /**
   * The hosts by which this server may be asked for, as `localhost` (at any port) or `localhost:8080`; others are refused with 403.
   * Guards local services against DNS rebinding. Default "any".
   */
  readonly allowedHosts?: "any" | ReadonlyArray<string> | undefined
  /** Believe what a reverse proxy in front says of the client. Default: nobody is believed. */
  readonly trustProxy?: TrustProxy | undefined
  /**
   * Where received binary messages lie, and text as bytes. "own": each in memory of its own, all of it: you may keep it, overwrite it and
   * transfer it to a worker. "pooled": those of 65 to 4,096 bytes side by side, 8-aligned, in pieces of 32 KiB, which takes about a
   * third less CPU where very many come in bursts. Then keeping one keeps its piece, `message.buffer` holds others as well, and it is not
   * to be transferred: `structuredClone` refuses it or copies, but `message.buffer.transfer()` takes the others with it.
   * `message.slice()` is a copy of your own. Default "own".
   */
  readonly messageMemory?: MessageMemory | undefined
  /** permessage-deflate, which is accepted as clients offer it unless told otherwise; `false` declines it. */
  readonly compression?: Deflate.ServerOptions | false | undefined
  /**
   * What the head of a request may take: 431 beyond it, 414 for the target. Default 16 KiB, 100 header lines (65,535 at most), a
   * target of 8 KiB.
   */
  readonly head?: Given<HttpHead.Limits> | undefined
}

/**
 * IP addresses and subnets (`127.0.0.1`, `10.0.0.0/8`, `fd00::/8`), or "any". A peer on a Unix socket has no address, and always
 * counts.
 *
 * @since 0.1.0
 * @category models
 */
export type Peers = "any" | ReadonlyArray<string>

/**
 * Which headers of reverse proxies are believed, and whose.
 *
 * Anybody can write these headers. Name only those that your proxy sets in every request, whatever the client has sent: any
 * other is the client's own, and lets it choose its address.
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
   * The proxy's addresses: from all others, the headers count for nothing. "any" only where nothing but the proxy can reach the
   * server.
   */
  readonly from: Peers
  /**
   * `x-forwarded-host` and `x-forwarded-port` stand for the request's `Host`, with which `Origin` is compared; `x-forwarded-for`
   * gives `remoteAddress`, and `x-forwarded-proto` gives `secure`. `forwarded` (RFC 7239) gives all of these but the port.
   */
  readonly headers: ReadonlyArray<Forwarded.HeaderName>
  /** How many proxies stand one behind the other, each of which adds to the lists. 1 to 100. Default 1. */
  readonly hops?: number | undefined
}

/**
 * Where to listen: on a port (0 to 65,535; 0 for a free one) of `host`, all addresses unless given; on a Unix socket; or on a descriptor
 * that listens already.
 *
 * `reusePort` lets several processes of the same user listen on one port, among which the system spreads new connections
 * (its SO_REUSEPORT). Each binds the port itself, in a worker of `node:cluster` too, and port 0 gives each a port of its own. It needs
 * Node 22.12, or 23.1 and later; before it, `true` is an `InvalidOption`. Where the system has no such thing (macOS, Windows),
 * listening fails with a `ServeError`. Default `false`.
 *
 * @since 0.1.0
 * @category models
 */
export type Options =
  & ServingOptions
  & {
    /** Serves `wss:`, with options as of `node:tls`. */
    readonly tls?: TlsOptions | undefined
    /**
     * Takes WebSockets over HTTP/2 too (RFC 8441), on the same port: with `tls` by ALPN, without it from those who speak HTTP/2
     * from the first byte, as a proxy in front does (h2c). Default `false`: HTTP/1.1 alone.
     */
    readonly http2?: boolean | Http2Options | undefined
    /**
     * The path at which `GET` and `HEAD` are told how the server is: 200 while it serves, 503 before the first `serve`, and while it
     * shuts down. For load balancers and orchestrators. Such a request is not logged. Default: there is none.
     */
    readonly health?: string | undefined
    /** How many connections the system may hold for us to accept: 1 to 2^31 - 1. Default 511, as Node has it. */
    readonly backlog?: number | undefined
    /**
     * Every connection begins with a PROXY header (version 1 or 2), before TLS if there is TLS: it gives `remoteAddress`. What
     * comes from other addresses than `from`, has no header, or does not send it within `openTimeout`, is dropped with a warning
     * in the log. At most 4 KiB of it are read. Default: no header is expected, and one is a malformed request (400).
     */
    readonly proxyProtocol?: { readonly from: Peers } | undefined
  }
  & (
    | {
      readonly port: number
      readonly host?: string | undefined
      readonly reusePort?: boolean | undefined
      /** In a worker of `node:cluster`: this worker alone listens. Default `false`: workers share the port. */
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
      /** A descriptor that listens already, as systemd hands it over: 0 to 2^31 - 1. Not on Windows. */
      readonly fd: number
      readonly port?: undefined
      readonly host?: undefined
      readonly path?: undefined
      readonly reusePort?: undefined
      readonly exclusive?: undefined
    }
  )

/**
 * What a session of HTTP/2 may take: one TCP connection, on which a client has as many WebSockets as it likes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Http2Options {
  /** Streams of a session at a time: 1 to 100,000. A client opens another session for more, or waits; one that does not loses its
   * session (RFC 9113 §5.1.2). Default 1,000. */
  readonly maxStreams?: number | undefined
  /** How long a session may be without a stream before it is closed: 1 ms to 24.8 days, or infinite. Default 1 minute. */
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
   * The paths to take, exactly and without a query, or what decides on them. Others are left to other `upgrade` listeners of the
   * server; if there are none, they get 404. Default: all.
   */
  readonly paths?: ReadonlyArray<string> | ((path: string) => boolean) | undefined
}

/**
 * A server that is handed its upgrades one by one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Upgrades {
  readonly server: WebSocketServer["Type"]
  /**
   * Takes what an `upgrade` listener of `node:http` is given: judges the request, and serves it or refuses it with a complete answer. The
   * socket is the server's from then on. Never throws.
   */
  readonly handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void
}
