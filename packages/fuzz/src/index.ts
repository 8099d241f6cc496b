/**
 * @since 0.1.0
 */
export * as Fuzz from "./Fuzz.js"
export * as Inputs from "./Inputs.js"
export * as Missed from "./Missed.js"
export * as Target from "./Target.js"
