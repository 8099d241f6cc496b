/**
 * One request and its answer, over a socket of its own: dialled, through the proxy if there is one, with TLS over that, and then
 * the opening handshake. In: a plan. Out: exactly one call, and a way to give up before it.
 */
import type { Target } from "@effect-ws/codec/ClientHandshake"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import { Socket } from "node:net"
import type { Options } from "../NodeWebSocketClient.js"
import { dial, secured } from "./dial.js"
import * as exchange from "./exchange.js"
import type { Proxy } from "./proxy.js"
import { Tunnel } from "./tunnel.js"

export type Result =
  | (Extract<exchange.Result, { readonly _tag: "Opened" }> & { readonly socket: Socket })
  | HandshakeReason

export const start = (
  settings: exchange.Settings,
  proxy: Proxy | undefined,
  options: Options,
  deadlines: Deadlines,
  done: (result: Result) => void
): () => void => {
  let abandon = (): void => {}
  const exchangeOn = (socket: Socket | HandshakeReason): void => {
    if (!(socket instanceof Socket)) return done(socket)
    const handshake = new exchange.Exchange(
      socket,
      settings,
      deadlines,
      (result) => done(result._tag === "Opened" ? { ...result, socket } : result)
    )
    abandon = handshake.abandon
  }
  if (proxy === undefined) {
    exchangeOn(attempted(settings.target, () => dial(settings.target, options)))
    return () => abandon()
  }
  const socket = attempted(proxy.target, () => dial(proxy.target, { ...options, tls: proxy.tls }))
  if (!(socket instanceof Socket)) {
    done(socket)
    return abandon
  }
  const { due, head, target, timeout } = settings
  const request = proxy.connect(target)
  const tunnel = new Tunnel(
    socket,
    { secure: proxy.target.secure, request, head, timeout, due },
    deadlines,
    (reason) => {
      if (reason !== undefined) return done(reason)
      const through = target.secure ? attempted(target, () => secured(socket, target, options)) : socket
      if (!(through instanceof Socket)) socket.destroy()
      exchangeOn(through)
    }
  )
  abandon = tunnel.abandon
  return () => abandon()
}

/** Node throws at options that it cannot use: an address that is none, a certificate that cannot be read. */
const attempted = (target: Target, make: () => Socket): Socket | HandshakeReason => {
  try {
    return make()
  } catch (cause) {
    return target.secure ? HandshakeReason.TlsFailed({ cause }) : HandshakeReason.Unreachable({ cause })
  }
}
