/**
 * Carries messages between the nodes of topics.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Backplane"
