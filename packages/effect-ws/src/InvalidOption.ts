/**
 * The error that a wrong option is.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/InvalidOption"
