/**
 * A server as the `SocketServer` of @effect/platform.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/PlatformSocketServer"
