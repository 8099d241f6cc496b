/**
 * The client for pages, and for every host that has a `WebSocket`. A page imports it by this name: the index has Node's modules.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform-browser/BrowserWebSocketClient"
