/**
 * The `WebSocket` class of browsers, on our client. {@link makeClass} follows the WHATWG standard to the letter, for libraries that
 * take a class (`webSocketImpl`, `WebSocketPolyfill`, …). {@link make} gives `Socket.WebSocketConstructor` of @effect/platform, for
 * modules that ask for that (`Socket.makeWebSocket`, `DevTools.layerWebSocket`, `EventLogRemote.fromWebSocket`, the cluster's
 * `HttpRunner`): the same class, which can also be called without `new`, and tells what browsers keep quiet about:
 *
 * - `error` means that the connection never opened.
 * - `close` has the code with which we failed a connection (1009, …) rather than 1006.
 * - `close()` takes every legal code, not only 1000 and 3000 to 4999; without one it sends 1000.
 * - Binary messages come as `Uint8Array` by default: in order with text, which a `Blob` would fall behind.
 *
 * Both say why in the `error` event, whose `error` is the `HandshakeError` or `ConnectionError`. Promises that wait for an event run
 * before the next one comes. A listener that throws disturbs neither other listeners nor the connection: its exception is an uncaught
 * one of the process (Node's `EventTarget`). No event `isTrusted`: only Node itself could make one.
 *
 * The interface has no back-pressure: for a `Socket` that has, see `PlatformSocket`. What is special to browsers is missing: no
 * cookies, no `Origin` unless {@link Options} has one, no blocked ports, no mixed content.
 *
 * @since 0.1.0
 */
import { WebSocketConstructor } from "@effect/platform/Socket"
import * as OptionTable from "@effect-ws/codec/Options"
import { read } from "@effect-ws/connection/InvalidOption"
import type { HandshakeError } from "@effect-ws/platform/HandshakeError"
import * as Connecting from "@effect-ws/platform/host/Connecting"
import { WebSocketClient } from "@effect-ws/platform/WebSocketClient"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { callable, type ClassWith, type Service } from "./webSocket/callable.js"
import type { Dialect } from "./webSocket/dialects.js"
import * as dialects from "./webSocket/dialects.js"
import type { BinaryType, ClassOptions, Options, WebSocketClass } from "./webSocket/options.js"
import * as internal from "./webSocket/WebSocket.js"

export type { BinaryType, ClassOptions, Options, WebSocketClass } from "./webSocket/options.js"

/**
 * A class that behaves as the WHATWG standard says (https://websockets.spec.whatwg.org), and connects with the `WebSocketClient` of the
 * context. When the scope closes, open sockets are closed with 1001, and no more can be opened. Dies of an `InvalidOption`.
 *
 * @example
 * import * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
 * import * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function*() {
 *   const WebSocket = yield* NodeWebSocketConstructor.makeClass()
 *   const socket = new WebSocket("ws://localhost:8080")
 *   socket.onopen = () => socket.send("hello")
 * }).pipe(Effect.provide(NodeWebSocketClient.layer()))
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeClass = (
  options: ClassOptions = {}
): Effect.Effect<WebSocketClass, never, WebSocketClient | Scope.Scope> => withDialect(dialects.whatwg, "blob", options)

/**
 * What Effect's modules ask for. It is a class as well, and differs from that of {@link makeClass} as told above. When the scope
 * closes, open sockets are closed with 1001, and no more can be opened. Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  { binaryType = "uint8array", ...options }: Options = {}
): Effect.Effect<WebSocketClass & Service, never, WebSocketClient | Scope.Scope> =>
  Effect.zipRight(
    Effect.sync(() => read(table, { binaryType })),
    Effect.map(
      classes(dialects.telling, binaryType, options),
      (classWith) => callable(classWith, options.headers)
    )
  )

const table = {
  binaryType: OptionTable.oneOf(["arraybuffer", "blob", "uint8array"], { default: "uint8array" })
}

const withDialect = (
  dialect: Dialect,
  binaryType: BinaryType,
  options: ClassOptions
): Effect.Effect<WebSocketClass, never, WebSocketClient | Scope.Scope> =>
  Effect.map(classes(dialect, binaryType, options), (classWith) => classWith(options.headers))

/** A class for each set of headers. */
const classes = (
  dialect: Dialect,
  binaryType: BinaryType,
  options: ClassOptions
): Effect.Effect<ClassWith, never, WebSocketClient | Scope.Scope> =>
  Effect.gen(function*() {
    Connecting.check(options)
    const client = yield* WebSocketClient
    const runtime = yield* Effect.runtime<never>()
    const fork = yield* FiberSet.makeRuntime<never, void, HandshakeError>()
    return (headers) =>
      internal.makeClass({ client, connectOptions: { ...options, headers }, dialect, fork, runtime }, binaryType)
  })

/**
 * {@link make} as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<WebSocketConstructor, never, WebSocketClient> =>
  Layer.scoped(WebSocketConstructor, make(options))
