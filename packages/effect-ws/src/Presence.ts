/**
 * Who is in a topic.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Presence"
