/**
 * @since 0.1.0
 */
export * as BrowserRetrySignal from "./BrowserRetrySignal.js"
export * as BrowserWebSocketClient from "./BrowserWebSocketClient.js"
