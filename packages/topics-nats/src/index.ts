/**
 * @since 0.1.0
 */
export * as NatsBackplane from "./NatsBackplane.js"
