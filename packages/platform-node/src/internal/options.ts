/** What the options of this host's clients and servers may be, and what becomes of those that are given. All throw an `InvalidOption`. */
import * as HttpHead from "@effect-ws/codec/HttpHead"
import * as Options from "@effect-ws/codec/Options"
import * as Origin from "@effect-ws/codec/Origin"
import type { ClientConfig, ServerConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Deflate } from "@effect-ws/connection/host/Compression"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type { Limits } from "@effect-ws/connection/Limits"
import * as Serving from "@effect-ws/platform/Serving"
import type * as Duration from "effect/Duration"
import { isIP, type ListenOptions } from "node:net"
import * as NodeDeflate from "../NodeDeflate.js"
import type * as NodeWebSocketClient from "../NodeWebSocketClient.js"
import type * as NodeWebSocketServer from "../NodeWebSocketServer.js"
import { make as makeLimits } from "./limits.js"

const timer = Options.longestTimer

// ---------------------------------------------------------------------------------------------------------------
// Servers
// ---------------------------------------------------------------------------------------------------------------

export const server = {
  ...Serving.options,
  origins: Origin.options.origins,
  allowedHosts: Origin.options.hosts
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
    judge: (text) => forwarding.includes(text) ? undefined : "Write one of these, in lower case.",
    default: undefined
  })),
  hops: Options.integer({ least: 1, most: 100, unit: "proxies", default: 1 })
}

export const proxyProtocol = { from: peers }

const pathList = Options.list({
  range: "a list of paths such as /chat, or a function",
  judge: (text) => /^\/[^?#]*$/.test(text) ? undefined : "Write a path that begins with a slash, without a query.",
  default: undefined
})

export const attached: Options.Table<Pick<NodeWebSocketServer.AttachOptions, "paths">> = {
  paths: {
    ...pathList,
    judge: (value) =>
      typeof value === "function"
        ? { _tag: "Right", value: value as (path: string) => boolean }
        : pathList.judge(value)
  }
}

const backlog = Options.integer({ least: 1, unit: "connections", default: undefined })

const notEmpty = (text: string): string | undefined =>
  text === "" || text.includes("\0") ? "Leave it out, or name one." : undefined

const tcpPort = { least: 0, most: 65_535, unit: "" }

export const port = {
  port: Options.required(Options.integer({ ...tcpPort, default: undefined })),
  host: Options.text({ range: "a name or an address", judge: notEmpty, default: undefined }),
  backlog
}

export const unixSocket = {
  path: Options.required(Options.text({ range: "the path of a socket", judge: notEmpty, default: undefined })),
  backlog
}

/** What is called in the middle of a handshake: there it would be found out too late, and by every client. */
const callback: Options.Rule<unknown> = {
  default: undefined,
  isRequired: false,
  unit: "",
  range: "a function",
  judge: (value) =>
    typeof value === "function"
      ? { _tag: "Right", value }
      : { _tag: "Wrong", at: "", value, advice: "Give a function, or leave it out." }
}

/** Of those of `node:tls` the ones that are numbers or functions. */
export const serverTls = {
  ALPNCallback: callback,
  SNICallback: callback,
  pskCallback: callback,
  handshakeTimeout: Options.integer({ least: 1, most: timer, unit: "milliseconds", default: undefined }),
  sessionTimeout: Options.integer({ least: 1, unit: "seconds", default: undefined })
}

/** A server's options, judged. */
export interface ServerSettings {
  readonly limits: Limits
  readonly openTimeout: Duration.Duration
  readonly grace: Duration.Duration
  readonly maxConnections: number
  readonly origin: Origin.Policy
  readonly trustProxy: NodeWebSocketServer.TrustProxy | undefined
  readonly head: HttpHead.Limits
  readonly compression: Deflate<ServerConfig> | undefined
}

export const readServer = (options: NodeWebSocketServer.Settings): ServerSettings => {
  const { allowedHosts, grace, maxConnections, openTimeout, origins } = InvalidOption.read(server, options)
  if (options.trustProxy !== undefined) InvalidOption.read(trustProxy, options.trustProxy, "trustProxy.")
  return {
    limits: makeLimits(options.limits),
    openTimeout,
    grace,
    maxConnections,
    origin: { origins, hosts: allowedHosts },
    trustProxy: options.trustProxy,
    head: InvalidOption.read(HttpHead.options, options.head, "head."),
    compression: options.compression === false ? undefined : NodeDeflate.server(options.compression)
  }
}

export const readAttached = (options: NodeWebSocketServer.AttachOptions): ServerSettings => {
  InvalidOption.read(attached, options)
  return readServer(options)
}

export interface PortSettings extends ServerSettings {
  readonly tls: NodeWebSocketServer.TlsOptions | undefined
  readonly proxyProtocol: { readonly from: NodeWebSocketServer.Peers } | undefined
  readonly listen: ListenOptions
}

export const readPort = (options: NodeWebSocketServer.Options): PortSettings => {
  const settings = readServer(options)
  if (options.proxyProtocol !== undefined) InvalidOption.read(proxyProtocol, options.proxyProtocol, "proxyProtocol.")
  return {
    ...settings,
    tls: options.tls === undefined ? undefined : readTls(options.tls),
    proxyProtocol: options.proxyProtocol,
    listen: given(
      options.path === undefined ? InvalidOption.read(port, options) : InvalidOption.read(unixSocket, options)
    )
  }
}

const readTls = (options: NodeWebSocketServer.TlsOptions): NodeWebSocketServer.TlsOptions => {
  InvalidOption.read(serverTls, options, "tls.")
  return given(options)
}

/** Where an `HttpServer` of @effect/platform listens: Node's own options, of which the numbers are judged. */
export const listening = {
  port: Options.integer({ ...tcpPort, default: undefined }),
  backlog
}

/** Without what is `undefined`: Node takes some of these for something else than "not given". */
const given = <A extends object>(options: A): A => Options.merge(options) as A

// ---------------------------------------------------------------------------------------------------------------
// Clients
// ---------------------------------------------------------------------------------------------------------------

export const client = {
  openTimeout: InvalidOption.duration({ least: 1, default: "10 seconds" }),
  linger: InvalidOption.duration({ infinity: "nothing is cut", default: "1 second" }),
  socketPath: Options.text({ range: "the path of a socket", judge: notEmpty, default: undefined }),
  redirects: Options.integer({ least: 0, most: 100, unit: "redirects", default: 0 }),
  refusalBodySize: Options.integer({ least: 0, unit: "bytes", default: 64 * 1024 })
}

/** Of those of `node:net` the ones that are numbers or functions. */
export const tcp = {
  lookup: callback,
  autoSelectFamilyAttemptTimeout: Options.integer({ least: 1, most: timer, unit: "milliseconds", default: undefined }),
  family: Options.oneOf([0, 4, 6], { default: undefined }),
  hints: Options.integer({ least: 0, unit: "", default: undefined }),
  localPort: Options.integer({ ...tcpPort, default: undefined })
}

/** Of those of `node:tls` the ones that are numbers, flags or functions. */
export const clientTls = {
  checkServerIdentity: callback,
  minDHSize: Options.integer({ least: 1, unit: "bits", default: undefined }),
  rejectUnauthorized: Options.oneOf([true, false], { default: undefined })
}

/** A client's options, judged. */
export interface ClientSettings {
  readonly limits: Limits
  readonly openTimeout: Duration.Duration
  readonly linger: Duration.Duration
  readonly redirects: number
  readonly bodySize: number
  readonly head: HttpHead.Limits
  readonly compression: Deflate<ClientConfig> | undefined
}

export const readClient = (options: NodeWebSocketClient.Options): ClientSettings => {
  const { linger, openTimeout, redirects, refusalBodySize } = InvalidOption.read(client, options)
  InvalidOption.read(tcp, options.tcp, "tcp.")
  InvalidOption.read(clientTls, options.tls, "tls.")
  InvalidOption.read({}, options.proxy, "proxy.")
  InvalidOption.read(clientTls, options.proxy?.tls, "proxy.tls.")
  return {
    limits: makeLimits(options.limits),
    openTimeout,
    linger,
    redirects,
    bodySize: refusalBodySize,
    head: InvalidOption.read(HttpHead.options, options.head, "head."),
    compression: options.compression === false ? undefined : NodeDeflate.client(options.compression)
  }
}
