/**
 * @since 0.1.0
 */
export * as NodeDeflate from "./NodeDeflate.js"
export * as NodePrimitives from "./NodePrimitives.js"
export * as NodeTransport from "./NodeTransport.js"
export * as NodeWebSocketClient from "./NodeWebSocketClient.js"
export * as NodeWebSocketServer from "./NodeWebSocketServer.js"
