/** What compression can be told, and what it may be told. */
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
  /** Bytes: 0 to 2^31 - 1. Smaller messages are sent as they are, and with `Infinity` all are. Default 64. */
  readonly threshold: number
  /**
   * zlib's: 1 (fastest) to 9 (smallest), 0 (none), -1 (zlib's default, 6). Default 3: of JSON and prose it leaves 1 to 2 % of
   * their size more than 6 does, in two thirds (JSON of 1 KiB) to a third (prose of 64 KiB) of the CPU.
   */
  readonly level: number
  /**
   * zlib's: 1 to 9. Default 5: it leaves as little as 8 does, takes at most a tenth more CPU, and a context is 20 KiB smaller once
   * it has deflated much. docs/reference/compression.md has a table.
   */
  readonly memLevel: number
  /** zlib's, as `node:zlib` has them in its `constants`: 0 to 4. Default 0. */
  readonly strategy: number
  /**
   * The window to deflate with is two to the power of this, 8 to 15, or as much as was agreed on if that is less: the peer need not know
   * of it. Default 13, 8 KiB: of JSON and prose it leaves 1 to 2 % of their size more than 15 does; a context holds a hundred KiB
   * less, and where many of them take turns is deflated in a third to four fifths of the CPU, since more stays in its caches.
   */
  readonly windowBits: WindowBits
  /**
   * Who deflates a `PreparedMessage` where contexts are taken over: "each" connection, with what its own remembers; or it is deflated
   * "once" for all, by itself, and each context begins anew behind it: less CPU, more bytes (docs/internals/decisions/broadcast.md). Where none
   * is taken over it is deflated once in any case. Default "each".
   */
  readonly prepared: "each" | "once"
  /**
   * Bytes of a message, or part of one, from which on it is deflated on the thread pool: 0 to 2^31 - 1, or `Infinity` for never.
   * Default 32 KiB: what is smaller keeps
   * the event loop for 0.7 ms at most; what is larger costs some 40 µs of CPU more there, 6 % at this size.
   */
  readonly deflateLaterFrom: number
  /**
   * Bytes that are inflated in one turn; the rest of what 16 KiB of a message inflate to comes from the thread pool. 0 to
   * 2^31 - 1, or `Infinity` for all. Default 256 KiB, which take 0.7 ms at most; 16 KiB of JSON or prose inflate to 50 to 90.
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
 * What the options of a client may be.
 *
 * @since 0.1.0
 * @category options
 */
export const clientOptions: Options.Table<Settings & ClientConfig> = { ...settings, ...PermessageDeflate.clientOptions }

/**
 * What the options of a server may be.
 *
 * @since 0.1.0
 * @category options
 */
export const serverOptions: Options.Table<Settings & ServerConfig> = { ...settings, ...PermessageDeflate.serverOptions }

/**
 * What a client layer can be told. Unless told otherwise, it offers `permessage-deflate; client_max_window_bits`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientOptions extends Options.Given<Settings>, Options.Given<ClientConfig> {}

/**
 * What a server layer can be told. Unless told otherwise, it accepts what clients offer, and asks for nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServerOptions extends Options.Given<Settings>, Options.Given<ServerConfig> {}
