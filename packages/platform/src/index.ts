/**
 * @since 0.1.0
 */
export * as WebSocketClient from "./WebSocketClient.js"
