/**
 * permessage-deflate with Node's zlib.
 *
 * @since 0.1.0
 */
export * from "@effect-ws/platform-node/NodeDeflate"
