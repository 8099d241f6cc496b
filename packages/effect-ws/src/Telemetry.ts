/**
 * Spans and metrics.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Telemetry"
