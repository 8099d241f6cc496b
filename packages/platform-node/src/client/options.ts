/** What a client of this host can be told. `settings.ts` judges it. */
import type * as HttpHead from "@effect-ws/codec/HttpHead"
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import type { Given } from "@effect-ws/codec/Options"
import type * as Limits from "@effect-ws/connection/Limits"
import type { Authorization } from "@effect-ws/platform/Authorization"
import type { Url } from "@effect-ws/platform/WebSocketClient"
import type * as Duration from "effect/Duration"
import type * as Net from "node:net"
import type * as Tls from "node:tls"
import type * as Deflate from "../compression/options.js"
import type { MessageMemory } from "../transport/messageMemory.js"

/**
 * What holds for all connections of a client. A program can have several clients: `NodeWebSocketClient.make` as many.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: `Limits.defaults`, and keepalive on: a ping after 20 seconds of silence, failure 20 seconds later. */
  readonly limits?: Limits.Input | undefined
  /** For connections that do not say their own: 1 ms to 24.8 days. Default 10 seconds. */
  readonly openTimeout?: Duration.DurationInput | undefined
  /** For connections that do not say their own: 0 to 24.8 days, or infinite. Default 1 second. */
  readonly linger?: Duration.DurationInput | undefined
  /** Connects to this Unix socket, whatever the host of a URL, which remains that of the request and of the certificate. */
  readonly socketPath?: string | undefined
  readonly tls?: TlsOptions | undefined
  /** Goes through this proxy, to `ws:` and `wss:` alike. `tcp` and `socketPath` then apply to the proxy. */
  readonly proxy?: ProxyOptions | undefined
  /**
   * How many redirects to follow, 0 to 100 (statuses 301, 302, 303, 307 and 308), within the open timeout. To another origin go neither
   * `headers` nor credentials; nothing is followed from `wss:` to `ws:`, or to what is no WebSocket. What is not followed is the
   * answer: `Refused`. Default 0.
   */
  readonly redirects?: number | undefined
  /**
   * Whether connections to one authority share a session of HTTP/2 (RFC 8441), that is one TCP connection.
   *
   * - "prefer": where the server agrees to it, over TLS. One that does not, or that takes no WebSockets over it, is asked over HTTP/1.1
   *   in the same attempt, within the same open timeout. For `ws:` there is nothing to agree on: HTTP/1.1.
   * - "require": nothing else; without it, opening fails with `NoHttp2`. For `ws:` it is spoken from the first byte (h2c).
   * - "never": HTTP/1.1, as the default.
   */
  readonly http2?: "never" | "prefer" | "require" | undefined
  /** How long a session without a connection is kept for the next: 0 to 24.8 days, or infinite. Default 10 seconds. */
  readonly http2IdleTimeout?: Duration.DurationInput | undefined
  readonly tcp?: TcpOptions | undefined
  /**
   * Where received binary messages lie, and text as bytes. "own": each in memory of its own, all of it: you may keep it, overwrite it and
   * transfer it to a worker. "pooled": those of 65 to 4,096 bytes side by side, 8-aligned, in pieces of 32 KiB, which takes about a
   * third less CPU where very many come in bursts. Then keeping one keeps its piece, `message.buffer` holds others as well, and it is not
   * to be transferred: `structuredClone` refuses it or copies, but `message.buffer.transfer()` takes the others with it.
   * `message.slice()` is a copy of your own. Default "own".
   */
  readonly messageMemory?: MessageMemory | undefined
  /** permessage-deflate, which is offered with `client_max_window_bits` unless told otherwise; `false` offers nothing. */
  readonly compression?: Deflate.ClientOptions | false | undefined
  /** What the head of an answer may take. Default 16 KiB and 100 header lines (65,535 at most). */
  readonly head?: Given<Pick<HttpHead.Limits, "octets" | "headerLines">> | undefined
  /** Bytes to keep of the body of a refusal: 0 to 2^31 - 1. Default 64 KiB. */
  readonly refusalBodySize?: number | undefined
}

/**
 * For `wss:`, as Node has them. Certificates and host names are verified unless `rejectUnauthorized` is `false`; `servername`
 * replaces the URL's host in both, the name that is asked for (SNI) and the name that is verified.
 *
 * @since 0.1.0
 * @category models
 */
export interface TlsOptions extends
  Pick<
    Tls.ConnectionOptions,
    | "ca"
    | "cert"
    | "checkServerIdentity"
    | "ciphers"
    | "crl"
    | "ecdhCurve"
    | "key"
    | "maxVersion"
    | "minDHSize"
    | "minVersion"
    | "passphrase"
    | "pfx"
    | "rejectUnauthorized"
    | "secureContext"
    | "servername"
    | "session"
    | "sigalgs"
  >
{}

/**
 * A proxy that connects as it is asked to (`CONNECT`, RFC 9110 §9.3.6).
 *
 * @since 0.1.0
 * @category models
 */
export interface ProxyOptions {
  /** `http:`, or `https:` for TLS to the proxy itself. User and password become Basic authorization. */
  readonly url: Url
  /** The value of `Proxy-Authorization`. It takes precedence over the URL's user and password. */
  readonly authorization?: Authorization | undefined
  /** To be added to the request to connect. One that is `undefined` is left out. */
  readonly headers?: HttpHeaders.Given | undefined
  /** For an `https:` proxy. */
  readonly tls?: TlsOptions | undefined
}

/**
 * For TCP, as Node has them.
 *
 * @since 0.1.0
 * @category models
 */
export interface TcpOptions extends
  Pick<
    Net.TcpNetConnectOpts,
    | "autoSelectFamily"
    | "autoSelectFamilyAttemptTimeout"
    | "family"
    | "hints"
    | "localAddress"
    | "localPort"
    | "lookup"
  >
{}
