/**
 * An open connection: reading, sending, closing.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/Connection"
