/**
 * Why a connection did not open.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/HandshakeError"
