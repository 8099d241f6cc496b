/** The options of a client on this host. `settings.ts` judges them. */
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
 * The options for all connections of a client. A program can have several clients, each by `NodeWebSocketClient.make`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: `Limits.defaults` with keepalive on: a ping after 20 seconds of silence, failure 20 seconds later. */
  readonly limits?: Limits.Input | undefined
  /** The `openTimeout` of connections that have none of their own: 1 ms to 24.8 days. Default 10 seconds. */
  readonly openTimeout?: Duration.DurationInput | undefined
  /** The `linger` of connections that have none of their own: 0 to 24.8 days, or infinite. Default 1 second. */
  readonly linger?: Duration.DurationInput | undefined
  /** Connects to this Unix socket instead of the URL's host, which is still used for the request and the certificate. */
  readonly socketPath?: string | undefined
  readonly tls?: TlsOptions | undefined
  /** Connects through this proxy, for both `ws:` and `wss:`. `tcp` and `socketPath` then apply to the proxy. */
  readonly proxy?: ProxyOptions | undefined
  /**
   * How many redirects to follow (statuses 301, 302, 303, 307 and 308), within the open timeout: 0 to 100. Another origin gets neither
   * `headers` nor credentials. Redirects from `wss:` to `ws:`, or to another scheme, are not followed. A redirect that is not followed
   * is the answer: `Refused`. Default 0.
   */
  readonly redirects?: number | undefined
  /**
   * Whether connections to one authority share an HTTP/2 session (RFC 8441), and so one TCP connection. Default "never".
   *
   * - "prefer": if the server agrees to it over TLS. If it does not, or takes no WebSockets over HTTP/2, the same attempt goes on over
   *   HTTP/1.1, within the same open timeout. `ws:` always uses HTTP/1.1.
   * - "require": HTTP/2 only; without it, opening fails with `NoHttp2`. For `ws:` it is used from the first byte (h2c).
   * - "never": HTTP/1.1 only.
   */
  readonly http2?: "never" | "prefer" | "require" | undefined
  /** How long a session without a connection is kept for the next: 0 to 24.8 days, or infinite. Default 10 seconds. */
  readonly http2IdleTimeout?: Duration.DurationInput | undefined
  readonly tcp?: TcpOptions | undefined
  /**
   * The memory of received binary messages, and of text as bytes. "own": each fills memory of its own, which you may keep, overwrite and
   * transfer to a worker. "pooled": messages of 65 to 4,096 bytes share pieces of 32 KiB, 8-aligned, which takes about a third less CPU
   * where very many come in bursts. Then keeping a message keeps its piece, `message.buffer` contains others as well, and you must not
   * transfer it: `structuredClone` refuses it or copies, but `message.buffer.transfer()` takes the others with it.
   * `message.slice()` is a copy of your own. Default "own".
   */
  readonly messageMemory?: MessageMemory | undefined
  /** permessage-deflate. By default it is offered, with `client_max_window_bits`; `false` offers nothing. */
  readonly compression?: Deflate.ClientOptions | false | undefined
  /** The limits for the head of an answer. Default 16 KiB and 100 header lines (65,535 at most). */
  readonly head?: Given<Pick<HttpHead.Limits, "octets" | "headerLines">> | undefined
  /** Bytes to keep of the body of a refusal: 0 to 2^31 - 1. Default 64 KiB. */
  readonly refusalBodySize?: number | undefined
}

/**
 * Node's options for `wss:`. Certificates and host names are verified unless `rejectUnauthorized` is `false`. `servername` replaces the
 * URL's host as the name that is asked for (SNI) and as the name that is verified.
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
 * A proxy that connects for us (`CONNECT`, RFC 9110 §9.3.6).
 *
 * @since 0.1.0
 * @category models
 */
export interface ProxyOptions {
  /** `http:`, or `https:` for TLS to the proxy itself. User and password become Basic authorization. */
  readonly url: Url
  /** The value of `Proxy-Authorization`. It takes precedence over the URL's user and password. */
  readonly authorization?: Authorization | undefined
  /** Headers to add to the `CONNECT` request. A header that is `undefined` is left out. */
  readonly headers?: HttpHeaders.Given | undefined
  /** The options of TLS to an `https:` proxy. */
  readonly tls?: TlsOptions | undefined
}

/**
 * Node's options for TCP.
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
