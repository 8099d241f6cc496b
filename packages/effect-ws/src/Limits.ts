/**
 * What one connection may take of memory and of time.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/Limits"
