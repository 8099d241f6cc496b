/**
 * @since 0.1.0
 */
export * as CloseDescription from "./CloseDescription.js"
export * as CloseOutcome from "./CloseOutcome.js"
export * as Connection from "./Connection.js"
export * as ConnectionError from "./ConnectionError.js"
export * as InvalidOption from "./InvalidOption.js"
export * as Limits from "./Limits.js"
export * as Message from "./Message.js"
export * as Protocol from "./Protocol.js"
