/**
 * Dials a server: TCP or a Unix socket, with TLS over it if the URL says so. In: where to connect, and options. Out: a connecting socket;
 * or TLS over a socket that is connected through a proxy.
 *
 * Which of a name's addresses answers first is Node's to find out (`autoSelectFamily`, on by default).
 */
import type { UrlParts } from "@effect-ws/codec/ClientHandshake"
import * as net from "node:net"
import * as tls from "node:tls"
import * as callbacks from "./callbacks.js"
import type { Options } from "./options.js"

/** By ALPN (RFC 7301), the first that the server knows, too. */
export type Protocols = ReadonlyArray<"h2" | "http/1.1">

export const dial = ({ host, port, secure }: UrlParts, options: Options, protocols: Protocols): net.Socket => {
  const name = nameOf(host)
  // TLS compares the certificate with `host`, also where there is a path instead of an address.
  const to = options.socketPath === undefined
    ? { ...callbacks.guardTcp(options.tcp), host: name, port }
    : { host: name, path: options.socketPath }
  const socket = secure
    ? tls.connect({ ...overTls(name, options, protocols), ...to })
    : net.connect(to)
  socket.setNoDelay(true)
  return socket
}

/** TLS over a socket that is connected. */
export const secured = (socket: net.Socket, { host }: UrlParts, options: Options, protocols: Protocols): net.Socket =>
  tls.connect({ ...overTls(nameOf(host), options, protocols), host: nameOf(host), socket })

const nameOf = (host: string): string => host.startsWith("[") ? host.slice(1, -1) : host

const overTls = (name: string, { tls = {} }: Options, protocols: Protocols): tls.ConnectionOptions => ({
  ...callbacks.guardTls(tls),
  servername: tls.servername ?? (net.isIP(name) === 0 ? name : ""), // an address is no server name (RFC 6066 §3)
  ALPNProtocols: [...protocols]
})
