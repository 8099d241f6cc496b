/**
 * @since 0.1.0
 */
export * as Authorization from "./Authorization.js"
export * as ClosingBehavior from "./ClosingBehavior.js"
export * as HandshakeError from "./HandshakeError.js"
export * as PlatformSocket from "./PlatformSocket.js"
export * as PlatformSocketServer from "./PlatformSocketServer.js"
export * as Reconnecting from "./Reconnecting.js"
export * as Retryable from "./Retryable.js"
export * as RetrySignal from "./RetrySignal.js"
export * as Telemetry from "./Telemetry.js"
export * as Topics from "./Topics.js"
export * as TypedConnection from "./TypedConnection.js"
export * as WebSocketClient from "./WebSocketClient.js"
export * as WebSocketServer from "./WebSocketServer.js"
export * as WebSocketTest from "./WebSocketTest.js"
export * as WireLog from "./WireLog.js"
