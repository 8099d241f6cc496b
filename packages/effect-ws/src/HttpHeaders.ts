/**
 * Headers of the opening handshake.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/codec/HttpHeaders"
