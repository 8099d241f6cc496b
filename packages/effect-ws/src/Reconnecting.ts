/**
 * A client's connection that survives drops.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Reconnecting"
