/**
 * Messages for many.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Topics"
