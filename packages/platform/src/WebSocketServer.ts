/**
 * Serving connections: the service, what a handler is given and how requests are accepted or refused before the 101. In: a
 * handler, or a decision and a handler. Out: an Effect that serves until it is interrupted.
 *
 * A handler that returns closes its connection with 1000, one that fails with 1011, and one that is interrupted with 1001. When the
 * server shuts down, it is 1001 too, unless its `closeOnShutdown` says otherwise.
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
 * What the query of a request says: `URLSearchParams`, to read from. Escapes that are none stay as they are, and what is no UTF-8 becomes
 * U+FFFD: reading never throws.
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
 * What a client asks for, once it has asked rightly (RFC 6455 §4.2.1) and its origin is allowed.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpgradeRequest {
  /**
   * Path and query as they came: begins with a slash, and may be anything behind it. `new URL(url, …)` throws at `//`, and takes
   * `//a.example/` for a host: read {@link path} and {@link query} instead.
   */
  readonly url: string
  /**
   * The path as it came, without the query: begins with a slash. Escapes are not undone, and `..` is not resolved:
   * `decodeURIComponent` throws at `/%`.
   */
  readonly path: string
  /** What the query says; empty without one. */
  readonly query: Query
  /** As the client wrote it in `Host`; behind a proxy that the server is told to believe, as that says. */
  readonly host: string
  /** The page that asks, if a browser does. */
  readonly origin: Option.Option<string>
  /** By names in lower case; lines of the same name are joined with commas. It has no prototype: any name is safe to look up. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The header lines as they came. */
  readonly headerLines: ReadonlyArray<readonly [name: string, value: string]>
  /** In the client's order of preference; none twice. */
  readonly subprotocols: ReadonlyArray<string>
  /** The peer's address, or the client's by the word of a proxy that the server is told to believe; none on a Unix socket. */
  readonly remoteAddress: Option.Option<string>
  /** The port that the peer connected from: that of a proxy, if there is one in between. None on a Unix socket. */
  readonly remotePort: Option.Option<number>
  /** Whether the request came over TLS to this server, or to a proxy that it is told to believe. */
  readonly secure: boolean
  /** What the peer showed for itself, where the server asks for it (`tls.requestCert`). Read when it is asked for. */
  readonly certificate: Option.Option<Certificate>
}

/**
 * A peer's certificate (X.509), in the words of `node:crypto`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Certificate {
  /** Whether an authority that the server knows has signed it. Never `false` unless the server takes such (`rejectUnauthorized`). */
  readonly isAuthorized: boolean
  /** A line for each part: `CN=ann`. */
  readonly subject: string
  /** `DNS:a.example, URI:spiffe://…`; empty without any. */
  readonly subjectAltName: string
  readonly issuer: string
  readonly serialNumber: string
  readonly validFrom: string
  readonly validTo: string
  /** SHA-256 of {@link raw}, in hexadecimal with colons. */
  readonly fingerprint256: string
  /** In DER. */
  readonly raw: Uint8Array
}

/**
 * No to an upgrade: a complete HTTP response, after which the connection is dropped. The status is 200 to 599; `body` is sent as
 * it is, a string as UTF-8. A header that is `undefined` is left out.
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
 * A server could not begin to listen.
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
 * Yes to an upgrade.
 *
 * @since 0.1.0
 * @category models
 */
export interface Accepted<out A> {
  /** What the handler will want to know (the user, the room): decided once, before the 101. */
  readonly value: A
  /** One of those that the client offered. None unless given. */
  readonly subprotocol?: string | undefined
  /** To be added to the 101: cookies and the like, none of the handshake's own. One that is `undefined` is left out. */
  readonly headers?: HttpHeaders.Given | undefined
  /** `false` declines permessage-deflate for this connection. Default: as the server is set. */
  readonly compression?: false | undefined
}

/**
 * Decides on a request. It is interrupted when the client leaves, and has the server's `openTimeout`; then the client is
 * refused with 503. A defect, or an answer that must not be written (a subprotocol that was not offered, a header with a line
 * break), refuses with 500 and is logged; so does a function that throws, or that returns a Promise or an Effect of one.
 *
 * @since 0.1.0
 * @category models
 */
export type Accept<A, R> = (request: UpgradeRequest) => Effect.Effect<Accepted<A>, Refusal, R>

/**
 * What a connection is closed with when its handler fails, be it that other fibers of the handler were interrupted for it. Always
 * sent as far as it can be, and a warning tells of the rest: a reason is cut between code points to 123 bytes (RFC 6455 §5.5), and
 * an illegal code (§7.4) becomes 1011. A function that throws counts as 1011, and is logged. A Close that went out before stands.
 *
 * @since 0.1.0
 * @category models
 */
export type CloseOnFailure<in E> = (error: E) => { readonly code: number; readonly reason: string }

/**
 * What comes first when a server shuts down, or the fiber that serves is interrupted: the handler's interruption, or the Close
 * (1001, or the server's `closeOnShutdown`).
 *
 * - `"interruptFirst"`: what the handler's finalizers send goes out before the Close. For those who say goodbye.
 * - `"closeFirst"`: what is sent from then on fails with `ConnectionClosed`. For protocols in which a peer could take the answer
 *   of an interrupted handler for a result: it sees the connection end instead.
 *
 * @since 0.1.0
 * @category models
 */
export type OnShutdown = "interruptFirst" | "closeFirst"

/**
 * The code of the Close with which a server shuts down (RFC 6455 §7.4.1 and the IANA registry). After each of them, a client does well to
 * connect again: `Retryable.isRetryable` says so.
 *
 * - 1001: it goes away.
 * - 1012: it restarts. For one of several processes or hosts that are restarted one after the other.
 * - 1013: it has too much to do: try again later.
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
  /** Everybody is accepted unless given; `accepted` is `undefined` then. */
  readonly accept?: Accept<A, R2> | undefined
  /**
   * Has the connection's `Scope`, which `accept` has too. It is not interrupted when the connection ends, since what was received
   * is still its to read; race it with `connection.outcome` to have that.
   */
  readonly handler: (connection: ConnectionFor<I>, accepted: A) => Effect.Effect<unknown, E, R>
  /** 1011 with an empty reason unless given. */
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
 * What `serveMessages` calls besides the handler. None of these keeps a fiber. One that throws, is async and fails, or returns an
 * Effect (which nobody runs), counts as a handler that failed: it is logged, and `onOpen` closes its connection with 1011.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageHooks<A, E, R, I extends IncomingWhole = "whole"> {
  /** Everybody is accepted unless given. */
  readonly accept?: Accept<A, R> | undefined
  /** Before the first message. `accepted` is what {@link accept} gave. */
  readonly onOpen?: ((connection: Connection<MessageFor<I>>, accepted: A) => void) | undefined
  /** Exactly once for each opened connection. */
  readonly onClose?: ((connection: Connection<MessageFor<I>>, outcome: CloseOutcome) => void) | undefined
  readonly closeOnFailure?: CloseOnFailure<E | ConnectionError> | undefined
  /** Default "interruptFirst". */
  readonly onShutdown?: OnShutdown | undefined
  /** "bytes" gives the handler text as `TextBytes`: checked to be UTF-8, and not decoded. Default "whole". */
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
  /** Where clients of the same machine connect to, as `ws://localhost:8080`. None on a Unix socket, or for what does not listen. */
  readonly url: Option.Option<string>
  /**
   * Serves until interrupted; then every connection is closed with 1001, or the server's `closeOnShutdown` (see {@link OnShutdown}), and, after the server's `grace`, cut. Each handler runs
   * in a fiber of its own, with its connection's `Scope`; everything else it needs is the caller's. Its failure is logged, and
   * closes its connection only. One that returns a `connection.run` as it is has no fiber until a message needs one.
   *
   * Requests wait for the first `serve`, at most for `openTimeout`. A later one takes over the requests, not the connections.
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
   * As {@link serve} with `run` inside, but with neither fiber nor Scope for an idle connection: for very many of them. The next
   * message waits for the Effect that the handler returned.
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
