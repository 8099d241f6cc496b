/**
 * @since 0.1.0
 */
export * as AcceptKey from "./AcceptKey.js"
export * as ClientHandshake from "./ClientHandshake.js"
export * as CloseStatus from "./CloseStatus.js"
export * as Decoder from "./Decoder.js"
export * as ExtensionHeader from "./ExtensionHeader.js"
export * as Frame from "./Frame.js"
export * as HttpHead from "./HttpHead.js"
export * as HttpHeaders from "./HttpHeaders.js"
export * as Legality from "./Legality.js"
export * as Mask from "./Mask.js"
export * as Origin from "./Origin.js"
export * as PermessageDeflate from "./PermessageDeflate.js"
export * as Primitives from "./Primitives.js"
export * as ServerHandshake from "./ServerHandshake.js"
export * as Utf8 from "./Utf8.js"
export * as Violation from "./Violation.js"
