/**
 * A live page of what connections do, for an HTTP server.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Inspector"
