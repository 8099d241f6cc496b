/**
 * One request and its answer, over a socket of its own: dialled, through the proxy if there is one, with TLS over that, and then
 * the opening handshake. In: a plan. Out: exactly one call, and a way to give up before it.
 */
import type { UrlParts } from "@effect-ws/codec/ClientHandshake"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import { Socket } from "node:net"
import { dial, secured } from "./dial.js"
import { Exchange, type Result } from "./Exchange.js"
import type { Options } from "./options.js"
import type { Plan } from "./plan.js"
import { Tunnel } from "./Tunnel.js"

export const start = (
  plan: Plan,
  options: Options,
  deadlines: Deadlines,
  done: (result: Result) => void
): () => void => {
  const { due, head, proxy, request: { target }, timeout } = plan
  let abandon = (): void => {}
  const exchangeOn = (socket: Socket | HandshakeReason): void => {
    if (!(socket instanceof Socket)) return done(socket)
    abandon = new Exchange(socket, plan, deadlines, done).abandon
  }
  if (proxy === undefined) {
    exchangeOn(attempted(target, () => dial(target, options)))
    return () => abandon()
  }
  const socket = attempted(proxy.target, () => dial(proxy.target, { ...options, tls: proxy.tls }))
  if (!(socket instanceof Socket)) {
    done(socket)
    return abandon
  }
  const tunnel = new Tunnel(
    socket,
    { secure: proxy.target.secure, request: proxy.connect(target), head, timeout, due },
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
const attempted = (target: UrlParts, make: () => Socket): Socket | HandshakeReason => {
  try {
    return make()
  } catch (cause) {
    return target.secure ? HandshakeReason.TlsFailed({ cause }) : HandshakeReason.Unreachable({ cause })
  }
}
