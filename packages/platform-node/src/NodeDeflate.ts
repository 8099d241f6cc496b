/**
 * permessage-deflate (RFC 7692) on node:zlib: what a layer offers or accepts, and the contexts of each connection.
 *
 * A connection's contexts are made for its first compressed message, and freed with the connection. Without context takeover, all
 * connections of a layer share a few contexts between messages. Small messages are transformed in the turn that sends or receives
 * them, large ones on the thread pool, in order either way.
 *
 * @since 0.1.0
 */
import type { ClientConfig, ServerConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Deflate } from "@effect-ws/connection/host/Compression"
import * as internal from "./compression/deflate.js"
import type { ClientOptions, ServerOptions } from "./compression/options.js"

export type { ClientOptions, ServerOptions, Settings } from "./compression/options.js"
export { clientOptions, defaults, serverOptions } from "./compression/options.js"

/**
 * Throws an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const client: (options?: ClientOptions) => Deflate<ClientConfig> = internal.client

/**
 * Throws an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const server: (options?: ServerOptions) => Deflate<ServerConfig> = internal.server
