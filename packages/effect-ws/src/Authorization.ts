/**
 * The Authorization header of a client.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Authorization"
