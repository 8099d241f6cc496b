/**
 * The client for Node.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform-node/NodeWebSocketClient"
