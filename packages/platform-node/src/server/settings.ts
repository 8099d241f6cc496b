/** A server's options -> its settings: judged, with all defaults. Throws an `InvalidOption`. */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Options from "@effect-ws/codec/Options"
import * as Origin from "@effect-ws/codec/Origin"
import type { ServerConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Deflate } from "@effect-ws/connection/host/Compression"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import * as Limits from "@effect-ws/connection/Limits"
import * as Serving from "@effect-ws/platform/host/Serving"
import type { ShutdownCode } from "@effect-ws/platform/WebSocketServer"
import type * as Duration from "effect/Duration"
import { isIP, type ListenOptions } from "node:net"
import * as deflate from "../compression/deflate.js"
import type { MessageMemory } from "../transport/messageMemory.js"
import { backlog, callback, messageMemory, notEmpty, reusePort, tcpPort } from "../transport/optionRules.js"
import type { AttachOptions, Options as PortOptions, Peers, ServingOptions, TlsOptions, TrustProxy } from "./options.js"

export const server = {
  ...Serving.options,
  origins: Origin.options.origins,
  allowedHosts: Origin.options.hosts,
  messageMemory
}

const peers = Options.required(Options.list({
  range: "\"any\", or a list of IP addresses and subnets, such as 127.0.0.1 and 10.0.0.0/8",
  word: "any",
  judge: (text) => isPeer(text) ? undefined : "Write an IP address, or one with a slash and the length of its prefix.",
  default: undefined
}))

const isPeer = (text: string): boolean => {
  const [address = "", prefix, ...more] = text.split("/")
  const most = isIP(address) === 6 ? 128 : 32
  return isIP(address) !== 0 && more.length === 0 &&
    (prefix === undefined || (/^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= most))
}

const forwarding: ReadonlyArray<string> = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto"
]

export const trustProxy = {
  from: peers,
  headers: Options.required(Options.list({
    range: "a list of forwarded, x-forwarded-for, x-forwarded-host, x-forwarded-port and x-forwarded-proto",
    judge: (text) => forwarding.includes(text) ? undefined : "Give these in lower case.",
    default: undefined
  })),
  hops: Options.integer({ least: 1, most: 100, unit: "proxies", default: 1 })
}

export const proxyProtocol = { from: peers }

export const attached: Options.Table<Pick<AttachOptions, "paths">> = { paths: Serving.paths }

export const port = {
  port: Options.required(Options.integer({ ...tcpPort, default: undefined })),
  host: Options.text({ range: "a name or an address", judge: notEmpty, default: undefined }),
  backlog,
  reusePort,
  exclusive: Options.flag(false)
}

export const unixSocket = {
  path: Options.required(Options.text({ range: "the path of a socket", judge: notEmpty, default: undefined })),
  backlog
}

export const descriptor = { fd: Options.required(Options.integer({ least: 0, unit: "", default: undefined })) }

export const health = {
  health: Options.text({
    range: "a path such as /healthz",
    judge: (text) => /^\/[^?#]*$/.test(text) ? undefined : "Write a path that begins with a slash, without a query.",
    default: undefined
  })
}

export const overHttp2: Options.Table<{ readonly http2: PortOptions["http2"] }> = {
  http2: {
    default: false,
    isRequired: false,
    unit: "",
    range: "true, false, or options of a session",
    judge: (value) =>
      typeof value === "boolean"
        ? { _tag: "Right", value }
        : typeof value === "object" && value !== null
        ? { _tag: "Right", value }
        : { _tag: "Wrong", at: "", value, advice: "Give true, or an object with what differs from the defaults." }
  }
}

export const http2 = {
  maxStreams: Options.integer({ least: 1, most: 100_000, unit: "streams", default: 1000 }),
  idleTimeout: InvalidOption.duration({ least: 1, infinity: "a session stays", default: "1 minute" })
}

/** Of those of `node:tls` the ones that are numbers or functions. */
export const tls = {
  ALPNCallback: callback,
  SNICallback: callback,
  pskCallback: callback,
  handshakeTimeout: Options.integer({ least: 1, most: Options.longestTimer, unit: "milliseconds", default: undefined }),
  sessionTimeout: Options.integer({ least: 1, unit: "seconds", default: undefined })
}

/** A server's options, judged. */
export interface ServerSettings {
  readonly limits: Limits.Limits
  readonly openTimeout: Duration.Duration
  readonly grace: Duration.Duration
  readonly maxConnections: number
  readonly closeOnShutdown: ShutdownCode
  readonly messageMemory: MessageMemory
  readonly origin: Origin.Policy
  readonly trustProxy: TrustProxy | undefined
  readonly head: HttpHead.Limits
  readonly compression: Deflate<ServerConfig> | undefined
}

export const readServer = (options: ServingOptions): ServerSettings => {
  const { allowedHosts, closeOnShutdown, grace, maxConnections, messageMemory, openTimeout, origins } = InvalidOption
    .read(
      server,
      options
    )
  if (options.trustProxy !== undefined) InvalidOption.read(trustProxy, options.trustProxy, "trustProxy.")
  return {
    limits: Limits.make(Limits.hostDefaults, options.limits),
    openTimeout,
    grace,
    maxConnections,
    closeOnShutdown,
    messageMemory,
    origin: { origins, hosts: allowedHosts },
    trustProxy: options.trustProxy,
    head: InvalidOption.read(HttpHead.options, options.head, "head."),
    compression: options.compression === false ? undefined : deflate.server(options.compression)
  }
}

export const readAttached = (options: AttachOptions): ServerSettings => {
  InvalidOption.read(attached, options)
  return readServer(options)
}

/** Of `listen` of `node:net`; its types leave out `fd`. */
export type Listening = ListenOptions & { readonly fd?: number }

export interface PortSettings extends ServerSettings {
  readonly tls: TlsOptions | undefined
  readonly proxyProtocol: { readonly from: Peers } | undefined
  readonly listen: Listening
  readonly health: string | undefined
  /** `undefined`: HTTP/1.1 alone. */
  readonly http2: Http2Settings | undefined
}

export interface Http2Settings {
  readonly maxStreams: number
  readonly idleTimeout: Duration.Duration
}

export const readPort = (options: PortOptions): PortSettings => {
  const settings = readServer(options)
  if (options.proxyProtocol !== undefined) InvalidOption.read(proxyProtocol, options.proxyProtocol, "proxyProtocol.")
  return {
    ...settings,
    tls: options.tls === undefined ? undefined : readTls(options.tls),
    proxyProtocol: options.proxyProtocol,
    health: InvalidOption.read(health, options).health,
    http2: readHttp2(options),
    listen: given(readListen(options))
  }
}

const readHttp2 = (options: PortOptions): Http2Settings | undefined => {
  const asked = InvalidOption.read(overHttp2, options).http2
  if (asked === undefined || asked === false) return undefined
  return InvalidOption.read(http2, asked === true ? {} : asked, "http2.")
}

const readListen = (options: PortOptions): Listening => {
  if (options.fd !== undefined) return InvalidOption.read(descriptor, options)
  return options.path === undefined ? InvalidOption.read(port, options) : InvalidOption.read(unixSocket, options)
}

const readTls = (options: TlsOptions): TlsOptions => {
  InvalidOption.read(tls, options, "tls.")
  return given(options)
}

/** Leaves out what is `undefined`, which Node does not always treat as "not given". */
const given = <A extends object>(options: A): A => {
  const kept = { ...options }
  for (const [name, value] of Object.entries(kept)) if (value === undefined) Reflect.deleteProperty(kept, name)
  return kept
}
