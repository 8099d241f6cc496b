/**
 * Serves connections: the service, what a handler gets, and how requests are accepted or refused before the 101. In: a handler,
 * or a decision and a handler. Out: an Effect that serves until it is interrupted.
 *
 * The connection closes with 1000 when its handler returns, with 1011 when it fails, and with 1001 when it is interrupted. When the
 * server shuts down, it closes with 1001, or with the server's `closeOnShutdown`.
 *
 * It knows no host: `NodeWebSocketServer` of `@effect-ws/platform-node` is one to provide.
 *
 * @since 0.1.0
 */
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import type { CloseOutcome } from "@effect-ws/connection/CloseOutcome"
import type { Connection, ConnectionFor, Incoming, IncomingWhole, MessageFor } from "@effect-ws/connection/Connection"
import type { ConnectionError } from "@effect-ws/connection/ConnectionError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/**
 * Where a server listens.
 *
 * @since 0.1.0
 * @category models
 */
export type Address =
  | { readonly _tag: "Tcp"; readonly host: string; readonly port: number }
  /** A Unix socket, or a named pipe. */
  | { readonly _tag: "Unix"; readonly path: string }
  /** Attached to a server that does not listen. */
  | { readonly _tag: "None" }

/**
 * The query of a request: a read-only `URLSearchParams`. Reading never throws: malformed escapes stay as they are, and bytes that are
 * not UTF-8 become U+FFFD.
 *
 * @since 0.1.0
 * @category models
 */
export interface Query extends Iterable<[name: string, value: string]> {
  /** The first value of this name. */
  readonly get: (name: string) => string | null
  readonly getAll: (name: string) => ReadonlyArray<string>
  readonly has: (name: string) => boolean
}

/**
 * What a client asks for. The request is valid (RFC 6455 §4.2.1), and its origin is allowed.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpgradeRequest {
  /**
   * Path and query as they came: a slash, and then anything. `new URL(url, …)` throws at `//`, and takes `//a.example/` for a
   * host: read {@link path} and {@link query} instead.
   */
  readonly url: string
  /**
   * The path as it came, without the query: begins with a slash. Escapes are not decoded (`decodeURIComponent` throws at `/%`),
   * and `..` is not resolved.
   */
  readonly path: string
  /** The query; empty if there is none. */
  readonly query: Query
  /** The client's `Host`; behind a trusted proxy, the host that the proxy reports. */
  readonly host: string
  /** The origin of the page that asks, if a browser asks. */
  readonly origin: Option.Option<string>
  /** Keys are in lower case; lines of the same name are joined with commas. It has no prototype: any name is safe to look up. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The header lines as they came. */
  readonly headerLines: ReadonlyArray<readonly [name: string, value: string]>
  /** What the client offers, in its order of preference, without repetitions. */
  readonly subprotocols: ReadonlyArray<string>
  /** The peer's address; behind a trusted proxy, the client's as the proxy reports it. None on a Unix socket. */
  readonly remoteAddress: Option.Option<string>
  /** The port that the peer connected from: a proxy's, if one is in between. None on a Unix socket. */
  readonly remotePort: Option.Option<number>
  /** Whether the request came over TLS, to this server or to a trusted proxy. */
  readonly secure: boolean
  /** The peer's certificate, if the server asks for one (`tls.requestCert`). It is read when you access this. */
  readonly certificate: Option.Option<Certificate>
}

/**
 * A peer's certificate (X.509), with the names that `node:crypto` uses.
 *
 * @since 0.1.0
 * @category models
 */
export interface Certificate {
  /** Whether an authority known to the server signed it. `false` only if the server accepts that (`rejectUnauthorized: false`). */
  readonly isAuthorized: boolean
  /** One line for each part: `CN=ann`. */
  readonly subject: string
  /** `DNS:a.example, URI:spiffe://…`; empty if there are none. */
  readonly subjectAltName: string
  readonly issuer: string
  readonly serialNumber: string
  readonly validFrom: string
  readonly validTo: string
  /** SHA-256 of {@link raw}, in hexadecimal with colons. */
  readonly fingerprint256: string
  /** The certificate in DER. */
  readonly raw: Uint8Array
}

/**
 * Refuses an upgrade: a complete HTTP response, after which the connection is dropped. The status is 200 to 599. `body` is sent
 * as it is; a string as UTF-8, and as `text/plain` unless you give a `Content-Type`. A header that is `undefined` is left out.
 *
 * @example
 * import { Refusal } from "@effect-ws/platform/WebSocketServer"
 *
 * const unauthorized = new Refusal({ status: 401, headers: [["WWW-Authenticate", "Bearer"]] })
 *
 * @since 0.1.0
 * @category errors
 */
export class Refusal extends Data.TaggedError("Refusal")<{
  readonly status: number
  readonly headers?: HttpHeaders.Given | undefined
  readonly body?: string | Uint8Array
}> {
  override get message(): string {
    return `the upgrade was refused with status ${this.status}`
  }
}

/**
 * A server could not start to listen.
 *
 * @since 0.1.0
 * @category errors
 */
export class ServeError extends Data.TaggedError("ServeError")<{ readonly cause: unknown }> {
  override get message(): string {
    return `the server cannot listen: ${String(this.cause)}`
  }
}

/**
 * Accepts an upgrade.
 *
 * @since 0.1.0
 * @category models
 */
export interface Accepted<out A> {
  /** What the handler gets besides the connection (the user, the room): decided once, before the 101. */
  readonly value: A
  /** One of the subprotocols that the client offered. Default: none. */
  readonly subprotocol?: string | undefined
  /** Headers to add to the 101, such as cookies, but none of the handshake's own. A header that is `undefined` is left out. */
  readonly headers?: HttpHeaders.Given | undefined
  /** `false` declines permessage-deflate for this connection. Default: as the server's option says. */
  readonly compression?: false | undefined
}

/**
 * Decides on a request. It is interrupted when the client leaves. If it takes longer than the server's `openTimeout`, the client is
 * refused with 503. These refuse with 500 and are logged: a defect, an answer that must not be sent (a subprotocol that was not
 * offered, a header with a line break), a function that throws, and a Promise, returned by the function or given by the Effect.
 *
 * @since 0.1.0
 * @category models
 */
export type Accept<A, R> = (request: UpgradeRequest) => Effect.Effect<Accepted<A>, Refusal, R>

/**
 * Chooses the Close for a connection whose handler failed, also if other fibers of the handler were interrupted for it. What must not
 * be sent is mended, with a warning in the log: a reason is cut between code points to 123 bytes (RFC 6455 §5.5), and an illegal code
 * (§7.4) becomes 1011. A function that throws is logged, and the code is 1011. A Close that was sent before stands.
 *
 * @since 0.1.0
 * @category models
 */
export type CloseOnFailure<in E> = (error: E) => { readonly code: number; readonly reason: string }

/**
 * What comes first when a server shuts down, or the serving fiber is interrupted: the handler's interruption, or the Close (1001, or
 * the server's `closeOnShutdown`).
 *
 * - `"interruptFirst"`: the handler's finalizers can still send, before the Close. Use it to say goodbye.
 * - `"closeFirst"`: sending fails with `ConnectionClosed` from then on. Use it where a peer could take the answer of an interrupted
 *   handler for a result: it sees the connection end instead.
 *
 * @since 0.1.0
 * @category models
 */
export type OnShutdown = "interruptFirst" | "closeFirst"

/**
 * The Close code with which a server shuts down (RFC 6455 §7.4.1 and the IANA registry). After each of them a client should connect
 * again: `Retryable.isRetryable` says so.
 *
 * - 1001: the server goes away.
 * - 1012: the server restarts. Use it where several processes or hosts restart one after the other.
 * - 1013: the server has too much to do: try again later.
 *
 * A client's `messages` complete after 1001, and fail with `PeerClosed` after the others.
 *
 * @since 0.1.0
 * @category models
 */
export type ShutdownCode = 1001 | 1012 | 1013

/**
 * @since 0.1.0
 * @category models
 */
export interface ServeOptions<A, E, R, R2, I extends Incoming = "whole"> {
  /** Decides on each request. Default: all are accepted, and `accepted` is `undefined`. */
  readonly accept?: Accept<A, R2> | undefined
  /**
   * Serves one connection, in the connection's `Scope`, which `accept` has, too. It is not interrupted when the connection ends, since
   * it may still read what was received. To have it interrupted, race it with `connection.outcome`.
   */
  readonly handler: (connection: ConnectionFor<I>, accepted: A) => Effect.Effect<unknown, E, R>
  /** Default: 1011 with an empty reason. */
  readonly closeOnFailure?: CloseOnFailure<E> | undefined
  /** Default "interruptFirst". */
  readonly onShutdown?: OnShutdown | undefined
  /**
   * "streamed" gives the handler a `StreamedConnection`, for messages of any size; "bytes" a `Connection<ByteMessage>`, whose text is not
   * decoded. Default "whole".
   */
  readonly incoming?: I | undefined
}

/**
 * What `serveMessages` calls besides the handler. None of these keeps a fiber. A hook that throws, rejects, or returns an Effect
 * (which is not run) counts as a failed handler: it is logged, and after `onOpen` the connection closes with 1011.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageHooks<A, E, R, I extends IncomingWhole = "whole"> {
  /** Decides on each request. Default: all are accepted. */
  readonly accept?: Accept<A, R> | undefined
  /** Called before the first message. `accepted` is the value that {@link accept} gave. */
  readonly onOpen?: ((connection: Connection<MessageFor<I>>, accepted: A) => void) | undefined
  /** Called exactly once for each opened connection, with its outcome. */
  readonly onClose?: ((connection: Connection<MessageFor<I>>, outcome: CloseOutcome) => void) | undefined
  readonly closeOnFailure?: CloseOnFailure<E | ConnectionError> | undefined
  /** Default "interruptFirst". */
  readonly onShutdown?: OnShutdown | undefined
  /** "bytes" gives the handler text as `TextBytes`: checked to be UTF-8, but not decoded. Default "whole". */
  readonly incoming?: I | undefined
}

/**
 * Serves connections.
 *
 * @since 0.1.0
 * @category services
 */
export class WebSocketServer extends Context.Tag("@effect-ws/platform/WebSocketServer")<WebSocketServer, {
  readonly address: Address
  /** The URL for clients on the same machine: `ws://localhost:8080`. None on a Unix socket, or if it does not listen by itself. */
  readonly url: Option.Option<string>
  /**
   * Serves until interrupted. Then it closes every connection with 1001, or the server's `closeOnShutdown` (see {@link OnShutdown}),
   * and cuts it after the server's `grace`. Each handler runs in a fiber of its own, with its connection's `Scope`; its other services
   * are the caller's. A failure is logged, and closes only its own connection. A handler that just returns `connection.run(…)` has no
   * fiber until a message needs one.
   *
   * Requests wait for the first `serve`, at most for `openTimeout`. A later `serve` takes over the requests, not the connections.
   */
  readonly serve: {
    <E, R>(
      handler: (connection: Connection) => Effect.Effect<unknown, E, R>
    ): Effect.Effect<never, never, Exclude<R, Scope.Scope>>
    <A = undefined, E = never, R = never, R2 = never, I extends Incoming = "whole">(
      options: ServeOptions<A, E, R, R2, I>
    ): Effect.Effect<never, never, Exclude<R | R2, Scope.Scope>>
  }
  /**
   * Serves like {@link serve} with `run` inside, but an idle connection has neither fiber nor Scope: for very many connections. The
   * next message waits for the Effect that the handler returned.
   */
  readonly serveMessages: <E = never, R = never, A = void, R2 = never, I extends IncomingWhole = "whole">(
    handler: (
      connection: Connection<MessageFor<I>>,
      message: MessageFor<I>
    ) => Effect.Effect<unknown, E, R> | void,
    hooks?: MessageHooks<A, E, R2, I>
  ) => Effect.Effect<never, never, R | R2>
}>() {}

/**
 * Serves with the {@link WebSocketServer} of the context, until interrupted.
 *
 * @since 0.1.0
 * @category serving
 */
export const serve: {
  <E, R>(
    handler: (connection: Connection) => Effect.Effect<unknown, E, R>
  ): Effect.Effect<never, never, WebSocketServer | Exclude<R, Scope.Scope>>
  <A = undefined, E = never, R = never, R2 = never, I extends Incoming = "whole">(
    options: ServeOptions<A, E, R, R2, I>
  ): Effect.Effect<never, never, WebSocketServer | Exclude<R | R2, Scope.Scope>>
} = <A, E, R, R2, I extends Incoming>(
  handlerOrOptions: ((connection: Connection) => Effect.Effect<unknown, E, R>) | ServeOptions<A, E, R, R2, I>
) =>
  Effect.flatMap(
    WebSocketServer,
    (server) => typeof handlerOrOptions === "function" ? server.serve(handlerOrOptions) : server.serve(handlerOrOptions)
  )

/**
 * Serves messages with the {@link WebSocketServer} of the context, until interrupted.
 *
 * @since 0.1.0
 * @category serving
 */
export const serveMessages = <E = never, R = never, A = void, R2 = never, I extends IncomingWhole = "whole">(
  handler: (connection: Connection<MessageFor<I>>, message: MessageFor<I>) => Effect.Effect<unknown, E, R> | void,
  hooks?: MessageHooks<A, E, R2, I>
): Effect.Effect<never, never, WebSocketServer | R | R2> =>
  Effect.flatMap(WebSocketServer, (server) => server.serveMessages(handler, hooks))

/**
 * Serves for as long as the layer lives.
 *
 * @example
 * import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
 * import * as Stream from "effect/Stream"
 *
 * const echo = WebSocketServer.layer((connection) => Stream.run(connection.messages, connection.sink))
 * // Layer.launch(echo.pipe(Layer.provide(NodeWebSocketServer.layer({ port: 8080 }))))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: {
  <E, R>(
    handler: (connection: Connection) => Effect.Effect<unknown, E, R>
  ): Layer.Layer<never, never, WebSocketServer | Exclude<R, Scope.Scope>>
  <A = undefined, E = never, R = never, R2 = never, I extends Incoming = "whole">(
    options: ServeOptions<A, E, R, R2, I>
  ): Layer.Layer<never, never, WebSocketServer | Exclude<R | R2, Scope.Scope>>
} = <A, E, R, R2, I extends Incoming>(
  handlerOrOptions: ((connection: Connection) => Effect.Effect<unknown, E, R>) | ServeOptions<A, E, R, R2, I>
) =>
  Layer.scopedDiscard(
    Effect.forkScoped(Effect.interruptible(
      typeof handlerOrOptions === "function" ? serve(handlerOrOptions) : serve(handlerOrOptions)
    ))
  )

/**
 * Logs where the {@link WebSocketServer} of the context listens.
 *
 * @since 0.1.0
 * @category address
 */
export const logAddress: Effect.Effect<void, never, WebSocketServer> = Effect.flatMap(
  WebSocketServer,
  ({ address, url }) =>
    Option.match(url, {
      onSome: (url) => Effect.log(`Listening on ${url}`),
      onNone: () => address._tag === "Unix" ? Effect.log(`Listening on ${address.path}`) : Effect.void
    })
)

/**
 * A layer that logs where its server listens, once it does.
 *
 * @example
 * import * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
 * import * as Layer from "effect/Layer"
 *
 * declare const server: Layer.Layer<WebSocketServer.WebSocketServer>
 *
 * const echo = WebSocketServer.layer((connection) => connection.run((message) => connection.send(message)))
 *
 * Layer.launch(Layer.provide(echo, WebSocketServer.withLogAddress(server)))
 *
 * @since 0.1.0
 * @category address
 */
export const withLogAddress = <A, E, R>(
  layer: Layer.Layer<A, E, R>
): Layer.Layer<A, E, R | Exclude<WebSocketServer, A>> => Layer.provideMerge(Layer.effectDiscard(logAddress), layer)
