/**
 * Opens connections: the service, its options, and an accessor. In: a URL and options. Out: a connection that lives as long as
 * the caller's scope, or a `HandshakeError`.
 *
 * It knows no host: `NodeWebSocketClient.layer` of `@effect-ws/platform-node` is one to provide.
 *
 * @since 0.1.0
 */
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import type { ConnectionFor, Incoming } from "@effect-ws/connection/Connection"
import type * as Limits from "@effect-ws/connection/Limits"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Authorization } from "./Authorization.js"
import type { HandshakeError } from "./HandshakeError.js"

/**
 * Where to connect: `ws:` or `wss:` (`http:` and `https:` mean the same), without a fragment. User and password become Basic
 * authorization. A `URL` object works, too.
 *
 * @since 0.1.0
 * @category models
 */
export type Url = string | { readonly href: string }

/**
 * What to ask the server for, and how to connect.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConnectOptions<I extends Incoming = Incoming> {
  /**
   * "streamed" gives a `StreamedConnection`, for messages of any size; "bytes" a `Connection<ByteMessage>`, whose text is not
   * decoded. Default "whole".
   */
  readonly incoming?: I | undefined
  /** What the server may choose from, in order of preference. Default: none. */
  readonly subprotocols?: ReadonlyArray<string> | undefined
  /**
   * What happens when the server chooses none of the {@link subprotocols}: "accept" goes on (RFC 6455 §4.1), "fail" fails, as
   * browsers do. Default "accept".
   */
  readonly withoutSubprotocol?: "accept" | "fail" | undefined
  /**
   * Headers to add to the request. Leave out the handshake's own (`Host`, `Sec-WebSocket-Key`, …). An `Authorization` takes
   * precedence over {@link authorization} and over the URL's user and password. A header that is `undefined` is left out.
   */
  readonly headers?: HttpHeaders.Given | undefined
  /**
   * The value of `Authorization`: `Authorization.basic` and `Authorization.bearer` make one. It takes precedence over the URL's
   * user and password.
   */
  readonly authorization?: Authorization | undefined
  /** The value of `Origin`, as browsers send it. Default: none. */
  readonly origin?: string | undefined
  /** The limit for all of opening: resolving the name, connecting, TLS and the handshake. 1 ms to 24.8 days. Default 10 seconds. */
  readonly openTimeout?: Duration.DurationInput | undefined
  /**
   * How long closing the scope waits for the closing handshake before it cuts the transport: 0 to 24.8 days, or infinite. Default
   * 1 second.
   */
  readonly linger?: Duration.DurationInput | undefined
  /** `false` offers no permessage-deflate for this connection. Default: as the client's option says. */
  readonly compression?: false | undefined
  /** Limits that differ from the layer's. */
  readonly limits?: Limits.Input | undefined
}

/**
 * Opens connections.
 *
 * @since 0.1.0
 * @category services
 */
export class WebSocketClient extends Context.Tag("@effect-ws/platform/WebSocketClient")<WebSocketClient, {
  /**
   * Opens a connection. A wrong option fails with a `HandshakeError` whose reason is `InvalidOption`. Interruption leaves no
   * transport behind. When the scope closes, the connection closes with 1001, unless it is closed already. If that takes longer
   * than `linger`, the transport is cut (`Aborted`, `ScopeClosed`).
   */
  readonly connect: <I extends Incoming = "whole">(
    url: Url,
    options?: ConnectOptions<I>
  ) => Effect.Effect<ConnectionFor<I>, HandshakeError, Scope.Scope>
}>() {}

/**
 * Opens a connection with the {@link WebSocketClient} of the context.
 *
 * @example
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as Effect from "effect/Effect"
 *
 * const greeting = Effect.scoped(Effect.gen(function*() {
 *   const connection = yield* WebSocketClient.connect("ws://localhost:8080")
 *   yield* connection.send("hello")
 *   return yield* connection.receive
 * }))
 *
 * @since 0.1.0
 * @category opening
 */
export const connect = <I extends Incoming = "whole">(
  url: Url,
  options?: ConnectOptions<I>
): Effect.Effect<ConnectionFor<I>, HandshakeError, WebSocketClient | Scope.Scope> =>
  Effect.flatMap(WebSocketClient, (client) => client.connect(url, options))
