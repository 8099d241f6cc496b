/**
 * The errors of reading and sending.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/ConnectionError"
