/**
 * @since 0.1.0
 */
export * as Echo from "./Echo.js"
export * as Testee from "./Testee.js"
