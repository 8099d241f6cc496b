/**
 * @since 0.1.0
 */
export * as Defence from "./Defence.js"
export * as Defences from "./Defences.js"
export * as Edit from "./Edit.js"
export * as Scratch from "./Scratch.js"
export * as Trial from "./Trial.js"
