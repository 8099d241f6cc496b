/**
 * The `HttpServer` of @effect/platform, with WebSockets. It needs @effect/platform-node.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform-node/NodeHttpServer"
