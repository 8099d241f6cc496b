/**
 * @since 0.1.0
 */
export * as Echo from "./Echo.js"
export * as Routes from "./Routes.js"
export * as Service from "./Service.js"
export * as Testee from "./Testee.js"
export * as Visits from "./Visits.js"
