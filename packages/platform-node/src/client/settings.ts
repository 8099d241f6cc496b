/** A client's options -> its settings: judged, with all defaults. Throws an `InvalidOption`. */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Options from "@effect-ws/codec/Options"
import type { ClientConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Deflate } from "@effect-ws/connection/host/Compression"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import * as Connecting from "@effect-ws/platform/host/Connecting"
import type * as Duration from "effect/Duration"
import * as deflate from "../compression/deflate.js"
import type { MessageMemory } from "../transport/messageMemory.js"
import { callback, messageMemory, notEmpty, tcpPort } from "../transport/optionRules.js"
import type { Options as ClientOptions } from "./options.js"

export const client = {
  ...Connecting.clientOptions,
  socketPath: Options.text({ range: "the path of a socket", judge: notEmpty, default: undefined }),
  redirects: Options.integer({ least: 0, most: 100, unit: "redirects", default: 0 }),
  refusalBodySize: Options.integer({ least: 0, unit: "bytes", default: 64 * 1024 }),
  messageMemory,
  http2: Options.oneOf(["never", "prefer", "require"], { default: "never" }),
  http2IdleTimeout: InvalidOption.duration({ infinity: "a session stays", default: "10 seconds" })
}

/** Of those of `node:net` the ones that are numbers or functions. */
export const tcp = {
  lookup: callback,
  autoSelectFamilyAttemptTimeout: Options.integer({
    least: 1,
    most: Options.longestTimer,
    unit: "milliseconds",
    default: undefined
  }),
  family: Options.oneOf([0, 4, 6], { default: undefined }),
  hints: Options.integer({ least: 0, unit: "", default: undefined }),
  localPort: Options.integer({ ...tcpPort, default: undefined })
}

/** Of those of `node:tls` the ones that are numbers, flags or functions. */
export const tls = {
  checkServerIdentity: callback,
  minDHSize: Options.integer({ least: 1, unit: "bits", default: undefined }),
  rejectUnauthorized: Options.oneOf([true, false], { default: undefined })
}

/** A client's options, judged. */
export interface ClientSettings {
  readonly limits: Limits.Limits
  readonly openTimeout: Duration.Duration
  readonly linger: Duration.Duration
  readonly redirects: number
  readonly bodySize: number
  readonly messageMemory: MessageMemory
  readonly http2: "never" | "prefer" | "require"
  readonly http2IdleTimeout: Duration.Duration
  readonly head: HttpHead.Limits
  readonly compression: Deflate<ClientConfig> | undefined
}

export const read = (options: ClientOptions): ClientSettings => {
  const { http2, http2IdleTimeout, linger, messageMemory, openTimeout, redirects, refusalBodySize } = InvalidOption
    .read(
      client,
      options
    )
  InvalidOption.read(tcp, options.tcp, "tcp.")
  InvalidOption.read(tls, options.tls, "tls.")
  InvalidOption.read({}, options.proxy, "proxy.")
  InvalidOption.read(tls, options.proxy?.tls, "proxy.tls.")
  return {
    limits: Limits.make(Limits.hostDefaults, options.limits),
    openTimeout,
    linger,
    redirects,
    bodySize: refusalBodySize,
    messageMemory,
    http2,
    http2IdleTimeout,
    head: InvalidOption.read(HttpHead.options, options.head, "head."),
    compression: options.compression === false ? undefined : deflate.client(options.compression)
  }
}
