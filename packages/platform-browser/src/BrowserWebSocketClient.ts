/**
 * The WebSocket client for browsers, and for every host that has a `WebSocket`: Workers, Deno, Bun, Node 22. In: options, and later
 * URLs. Out: the `WebSocketClient` service, so that `Reconnecting`, `TypedConnection` and applications run on a page as they are.
 *
 * The host speaks the protocol, and tells little of it:
 *
 * - `ping` fails with `PingUnavailable`, and there is no keepalive of ours. Pings of the server are answered by the host.
 * - A request has no headers of yours: `headers`, `authorization` and `origin` are an `InvalidOption`, and so are limits that the host
 *   keeps. Of the answer only the subprotocol and the extensions are known.
 * - Why a connection did not open (`Undisclosed`) or was lost (`Dropped`, with `Unexplained`) no page is told.
 * - A page closes with 1000 or 3000 to 4999; others are an `InvalidClose`. Where we close by ourselves it is 1000 for a scope, and for a
 *   failure the RFC's code plus 3000 (4009 for a message that is too big). A Close of the peer's is answered by the host at once.
 * - `send` waits by what the host has not sent (`bufferedAmount`), looked at after 4 ms, every 16 ms, and with
 *   each message that comes, while somebody waits.
 * - A `WebSocket` cannot be told to wait: what comes and is not read is kept, up to `inboxSize`. Beyond it: `InboxFull`.
 * - Messages are whole: `incoming: "streamed"` gives each as one piece, and `sendStream` sends it once it has all of it.
 * - Nothing can be cut: `abort` has the outcome at once, and the host closes when it can.
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
 * A client, for as long as the scope is open. Its connections belong to the scopes in which they are opened, and may outlive it. When
 * the page goes into the back/forward cache they are given up (`Aborted`, `Suspended`). Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<WebSocketClient["Type"], never, Scope.Scope> =>
  Effect.suspend(() => internal.make(options, ofHost()))

/**
 * A client as a layer, and the signal by which `Reconnecting` tries again at once when the network or the page is back.
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
