/** What a `WebSocket` class can be told. */
import type { ConnectOptions } from "@effect-ws/platform/WebSocketClient"

/**
 * How binary messages come: as browsers have them, or as octets.
 *
 * @since 0.1.0
 * @category models
 */
export type BinaryType = "arraybuffer" | "blob" | "uint8array"

/**
 * The class, as the program's types have it: those of the DOM or of Node.
 *
 * @since 0.1.0
 * @category models
 */
export type WebSocketClass = typeof globalThis.WebSocket

/**
 * What every connection is opened with.
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
  /** What `binaryType` is at first. Default "uint8array". */
  readonly binaryType?: BinaryType | undefined
}
