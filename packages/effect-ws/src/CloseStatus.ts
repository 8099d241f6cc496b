/**
 * What a Close frame says: a code and a reason.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/codec/CloseStatus"
