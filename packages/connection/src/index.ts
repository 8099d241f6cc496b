/**
 * @since 0.1.0
 */
export * as Assembler from "./Assembler.js"
export * as CloseOutcome from "./CloseOutcome.js"
export * as ClosingBehavior from "./ClosingBehavior.js"
export * as Compression from "./Compression.js"
export * as Connection from "./Connection.js"
export * as ConnectionError from "./ConnectionError.js"
export * as Deadlines from "./Deadlines.js"
export * as HandshakeError from "./HandshakeError.js"
export * as Inbox from "./Inbox.js"
export * as Limits from "./Limits.js"
export * as Loopback from "./Loopback.js"
export * as Message from "./Message.js"
export * as Meter from "./Meter.js"
export * as Outbox from "./Outbox.js"
export * as Protocol from "./Protocol.js"
export * as Transport from "./Transport.js"
