/**
 * All modules except `NodeHttpServer`, which needs `@effect/platform-node`: import that by its own path.
 *
 * @since 0.1.0
 */
export * as NodeDeflate from "./NodeDeflate.js"
export * as NodeInspector from "./NodeInspector.js"
export * as NodeWebSocketClient from "./NodeWebSocketClient.js"
export * as NodeWebSocketConstructor from "./NodeWebSocketConstructor.js"
export * as NodeWebSocketServer from "./NodeWebSocketServer.js"
