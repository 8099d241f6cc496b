/**
 * How a connection ends with its handler.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/ClosingBehavior"
