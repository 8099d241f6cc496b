/**
 * How a connection ended, with the keys of an Autobahn report.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/ClosingBehavior"
