/**
 * The WebSocket client for browsers, and for every host that has a `WebSocket`: Workers, Deno, Bun, Node 22. In: options, and later
 * URLs. Out: the `WebSocketClient` service, so that `Reconnecting`, `TypedConnection` and applications run on a page as they are.
 *
 * The host speaks the protocol, and tells little about it:
 *
 * - `ping` fails with `PingUnavailable`, and there is no keepalive of ours. The host answers the server's pings.
 * - You cannot set headers: `headers`, `authorization` and `origin` are an `InvalidOption`, and so are limits that the host keeps. Only
 *   the subprotocol and the extensions of the answer are known.
 * - The host does not tell a page why a connection did not open (`Undisclosed`) or was lost (`Dropped`, with `Unexplained`).
 * - A page closes with 1000 or 3000 to 4999; other codes are an `InvalidClose`. Where we close by ourselves, a scope sends 1000, and a
 *   failure the RFC's code plus 3000 (4009 for a message that is too big). The host answers the peer's Close at once.
 * - `send` waits while the host has not sent enough (`bufferedAmount`). While somebody waits, we look after 4 ms, every 16 ms, and with
 *   each message that comes.
 * - A `WebSocket` cannot pause: messages that are not read are kept, up to `inboxSize`. Beyond it: `InboxFull`.
 * - Messages are whole: `incoming: "streamed"` gives each as one piece, and `sendStream` sends a message once it has all of it.
 * - Nothing can be cut: `abort` gives the outcome at once, and the host closes when it can.
 *
 * @since 0.1.0
 */
import type { RetrySignal } from "@effect-ws/platform/RetrySignal"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as BrowserRetrySignal from "./BrowserRetrySignal.js"
import * as internal from "./client/client.js"
import type { Options } from "./client/options.js"
import { ofHost } from "./internal/ofHost.js"

export type { Limits, Options } from "./client/options.js"
export type { WebSocketClass, WebSocketEvent, WebSocketLike } from "./transport/WebSocketTransport.js"
export { Unexplained } from "./Unexplained.js"

/**
 * A client for as long as the scope is open. Its connections belong to the scopes in which they are opened, and may outlive it. When
 * the page goes into the back/forward cache, they are aborted (`Aborted`, `Suspended`). Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<WebSocketClient["Type"], never, Scope.Scope> =>
  Effect.suspend(() => internal.make(options, ofHost()))

/**
 * A client as a layer, with the signal that makes `Reconnecting` try again at once when the network or the page is back.
 *
 * @example
 * import * as BrowserWebSocketClient from "@effect-ws/platform-browser/BrowserWebSocketClient"
 * import * as Reconnecting from "@effect-ws/platform/Reconnecting"
 * import * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const prices = yield* Reconnecting.make(WebSocketClient.connect("wss://a.example/prices"))
 *   yield* Stream.runForEach(prices.messages, (message) => Effect.log(message))
 * }))
 *
 * const runnable = Effect.provide(program, BrowserWebSocketClient.layer())
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<WebSocketClient | RetrySignal> =>
  Layer.merge(Layer.scoped(WebSocketClient, make(options)), BrowserRetrySignal.layer)
