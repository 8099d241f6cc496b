/**
 * Opening connections: the service, what can be asked for, and an accessor. In: a URL and options. Out: a connection that
 * lives as long as the caller's scope, or a `HandshakeError`.
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
 * Where to connect to: `ws:` or `wss:` (`http:` and `https:` are taken for the same), without a fragment. User and password
 * become Basic authorization. A `URL` is one.
 *
 * @since 0.1.0
 * @category models
 */
export type Url = string | { readonly href: string }

/**
 * What to ask the server for, and how to go about it.
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
  /** To choose from, in order of preference. Default none. */
  readonly subprotocols?: ReadonlyArray<string> | undefined
  /**
   * When the server chooses none of the {@link subprotocols}: go on, as RFC 6455 has it ("accept"), or fail, as browsers do
   * ("fail"). Default "accept".
   */
  readonly withoutSubprotocol?: "accept" | "fail" | undefined
  /**
   * To be added to the request. The handshake's own (`Host`, `Sec-WebSocket-Key`, …) must not be among them; an `Authorization`
   * takes precedence over {@link authorization}, and over the URL's user and password. One that is `undefined` is left out.
   */
  readonly headers?: HttpHeaders.Given | undefined
  /**
   * The value of `Authorization`: `Authorization.basic` and `Authorization.bearer` make one. It takes precedence over the URL's
   * user and password.
   */
  readonly authorization?: Authorization | undefined
  /** The value of `Origin`, which browsers send. Default none. */
  readonly origin?: string | undefined
  /** For all of opening: resolving the name, connecting, TLS and the handshake: 1 ms to 24.8 days. Default 10 seconds. */
  readonly openTimeout?: Duration.DurationInput | undefined
  /**
   * How long closing the scope waits for the closing handshake before it cuts the transport: 0 to 24.8 days, or infinite. Default
   * 1 second.
   */
  readonly linger?: Duration.DurationInput | undefined
  /** `false` offers no permessage-deflate for this connection. Default: as the client is set. */
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
   * Opens a connection. An option that cannot be is a `HandshakeError` with the reason `InvalidOption`. Interrupting it leaves no transport behind. When the scope closes, so does the connection: with 1001,
   * unless it was closed before; it is cut (`Aborted`, `ScopeClosed`) when that takes longer than `linger`.
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
