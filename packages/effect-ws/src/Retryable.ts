/**
 * Which ends are worth another attempt, and when.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Retryable"
