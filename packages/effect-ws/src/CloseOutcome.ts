/**
 * How a connection ended.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/connection/CloseOutcome"
