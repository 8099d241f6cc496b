/**
 * Messages by a Schema.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform/TypedConnection"
