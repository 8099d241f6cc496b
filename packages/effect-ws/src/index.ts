/**
 * What applications import, by one name. Each module is also there by its own (`import "effect-ws/WebSocketServer"`), and this is the
 * only way to `NodeHttpServer`, which needs `@effect/platform-node`, and to `BrowserWebSocketClient` and `BrowserRetrySignal`, which are
 * for pages.
 *
 * It holds nothing of its own: modules for those who bring another host or transport are in the packages that it is made of.
 *
 * @since 0.1.0
 */
export * as CloseStatus from "@effect-ws/codec/CloseStatus"
export * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
export * as CloseOutcome from "@effect-ws/connection/CloseOutcome"
export * as Connection from "@effect-ws/connection/Connection"
export * as ConnectionError from "@effect-ws/connection/ConnectionError"
export * as InvalidOption from "@effect-ws/connection/InvalidOption"
export * as Limits from "@effect-ws/connection/Limits"
export * as Message from "@effect-ws/connection/Message"
export * as Authorization from "@effect-ws/platform/Authorization"
export * as Backplane from "@effect-ws/platform/Backplane"
export * as ClosingBehavior from "@effect-ws/platform/ClosingBehavior"
export * as HandshakeError from "@effect-ws/platform/HandshakeError"
export * as Http2Error from "@effect-ws/platform/Http2Error"
export * as Inspector from "@effect-ws/platform/Inspector"
export * as MemoryBackplane from "@effect-ws/platform/MemoryBackplane"
export * as PlatformSocket from "@effect-ws/platform/PlatformSocket"
export * as PlatformSocketServer from "@effect-ws/platform/PlatformSocketServer"
export * as Presence from "@effect-ws/platform/Presence"
export * as Reconnecting from "@effect-ws/platform/Reconnecting"
export * as Retryable from "@effect-ws/platform/Retryable"
export * as RetrySignal from "@effect-ws/platform/RetrySignal"
export * as Telemetry from "@effect-ws/platform/Telemetry"
export * as Topics from "@effect-ws/platform/Topics"
export * as TypedConnection from "@effect-ws/platform/TypedConnection"
export * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
export * as WebSocketServer from "@effect-ws/platform/WebSocketServer"
export * as WebSocketTest from "@effect-ws/platform/WebSocketTest"
export * as WireLog from "@effect-ws/platform/WireLog"
export * as NodeDeflate from "@effect-ws/platform-node/NodeDeflate"
export * as NodeInspector from "@effect-ws/platform-node/NodeInspector"
export * as NodeWebSocketClient from "@effect-ws/platform-node/NodeWebSocketClient"
export * as NodeWebSocketConstructor from "@effect-ws/platform-node/NodeWebSocketConstructor"
export * as NodeWebSocketServer from "@effect-ws/platform-node/NodeWebSocketServer"
