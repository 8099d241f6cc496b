/**
 * A client as the `Socket` of @effect/platform.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/PlatformSocket"
