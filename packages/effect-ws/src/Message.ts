/**
 * Messages, and where they are read as Streams.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/Message"
