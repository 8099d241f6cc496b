/**
 * The limits of one connection, in memory and time.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/Limits"
