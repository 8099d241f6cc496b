/**
 * @since 0.1.0
 */
export * as RedisBackplane from "./RedisBackplane.js"
