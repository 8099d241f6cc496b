/** The options of compression, and their rules. */
import * as Options from "@effect-ws/codec/Options"
import type { ClientConfig, ServerConfig, WindowBits } from "@effect-ws/codec/PermessageDeflate"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"

/**
 * How to compress.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  /** Messages of fewer bytes are sent uncompressed: 0 to 2^31 - 1, or `Infinity` for all messages. Default 64. */
  readonly threshold: number
  /**
   * zlib's level: 1 (fastest) to 9 (smallest), 0 (none), -1 (zlib's default, 6). Default 3: JSON and prose come out larger than with 6
   * by 1 to 2 % of their size, for two thirds (JSON of 1 KiB) to a third (prose of 64 KiB) of the CPU.
   */
  readonly level: number
  /**
   * zlib's memLevel: 1 to 9. Default 5: results are as small as with 8, for at most a tenth more CPU, and a context takes 20 KiB less
   * once it has deflated much. docs/reference/compression.md has a table.
   */
  readonly memLevel: number
  /** zlib's strategy, one of the `constants` of `node:zlib`: 0 to 4. Default 0. */
  readonly strategy: number
  /**
   * The window to deflate with is 2 to the power of this, 8 to 15, or the agreed window if that is smaller; the peer need not know it.
   * Default 13 (8 KiB): JSON and prose come out larger than with 15 by 1 to 2 % of their size, but a context holds about 100 KiB less,
   * and where many take turns, deflating takes a third to four fifths of the CPU, since more stays in its caches.
   */
  readonly windowBits: WindowBits
  /**
   * How a `PreparedMessage` is deflated with context takeover: by "each" connection, with its own context; or "once" for all, by itself,
   * after which each context starts afresh: less CPU, more bytes (docs/internals/decisions/broadcast.md). Without context takeover it is
   * always deflated once. Default "each".
   */
  readonly prepared: "each" | "once"
  /**
   * A message, or part of one, of this many bytes or more is deflated on the thread pool: 0 to 2^31 - 1, or `Infinity` for never.
   * Default 32 KiB: anything smaller occupies the event loop for 0.7 ms at most; on the thread pool it costs some 40 µs of CPU more,
   * 6 % at this size.
   */
  readonly deflateLaterFrom: number
  /**
   * Bytes that are inflated in one turn; the rest that 16 KiB of a message inflate to comes from the thread pool. 0 to 2^31 - 1, or
   * `Infinity` for all. Default 256 KiB, which take 0.7 ms at most; 16 KiB of JSON or prose inflate to 50 to 90 KiB.
   */
  readonly inflateLaterFrom: number
}

/**
 * @since 0.1.0
 * @category defaults
 */
export const defaults: Settings = {
  threshold: 64,
  level: 3,
  memLevel: 5,
  strategy: 0,
  windowBits: 13,
  prepared: "each",
  deflateLaterFrom: 32 * 1024,
  inflateLaterFrom: 256 * 1024
}

const bits = Options.oneOf([8, 9, 10, 11, 12, 13, 14, 15], {
  default: defaults.windowBits,
  unit: "bits",
  range: "8 to 15"
})

const settings: Options.Table<Settings> = {
  threshold: Options.integer({
    least: 0,
    unit: "bytes",
    infinity: "nothing is compressed",
    default: defaults.threshold
  }),
  level: Options.integer({ least: -1, most: 9, unit: "", default: defaults.level }),
  memLevel: Options.integer({ least: 1, most: 9, unit: "", default: defaults.memLevel }),
  strategy: Options.integer({ least: 0, most: 4, unit: "", default: defaults.strategy }),
  windowBits: bits,
  prepared: Options.oneOf(["each", "once"], { default: defaults.prepared }),
  deflateLaterFrom: Options.integer({
    least: 0,
    unit: "bytes",
    infinity: "never",
    default: defaults.deflateLaterFrom
  }),
  inflateLaterFrom: Options.integer({ least: 0, unit: "bytes", infinity: "all", default: defaults.inflateLaterFrom })
}

/**
 * The rules for the options of a client.
 *
 * @since 0.1.0
 * @category options
 */
export const clientOptions: Options.Table<Settings & ClientConfig> = { ...settings, ...PermessageDeflate.clientOptions }

/**
 * The rules for the options of a server.
 *
 * @since 0.1.0
 * @category options
 */
export const serverOptions: Options.Table<Settings & ServerConfig> = { ...settings, ...PermessageDeflate.serverOptions }

/**
 * The options of a client layer. By default it offers `permessage-deflate; client_max_window_bits`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends Options.Given<Settings>, Options.Given<ClientConfig> {}

/**
 * The options of a server layer. By default it accepts what clients offer, and asks for nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerOptions extends Options.Given<Settings>, Options.Given<ServerConfig> {}
