/**
 * What carries messages between nodes of topics.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Backplane"
