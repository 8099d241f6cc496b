/**
 * A live page of what connections do, on a port of its own.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform-node/NodeInspector"
