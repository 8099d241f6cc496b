/**
 * The error for a wrong option.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/InvalidOption"
