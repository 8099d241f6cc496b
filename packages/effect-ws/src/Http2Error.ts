/**
 * How a connection over HTTP/2 broke.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/Http2Error"
