/** The options of a `WebSocket` class. */
import type { ConnectOptions } from "@effect-ws/platform/WebSocketClient"

/**
 * How binary messages come: as in browsers, or as bytes.
 *
 * @since 0.1.0
 * @category models
 */
export type BinaryType = "arraybuffer" | "blob" | "uint8array"

/**
 * The type of the class, from the program's own types: those of the DOM or of Node.
 *
 * @since 0.1.0
 * @category models
 */
export type WebSocketClass = typeof globalThis.WebSocket

/**
 * The options with which every connection is opened.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClassOptions extends Omit<ConnectOptions<"whole">, "incoming" | "subprotocols"> {}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options extends ClassOptions {
  /** The initial `binaryType`. Default "uint8array". */
  readonly binaryType?: BinaryType | undefined
}
