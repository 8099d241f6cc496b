/**
 * Records of what connections did.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/WireLog"
