/**
 * Messages: text, bytes, and prepared ones for many connections.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/Message"
