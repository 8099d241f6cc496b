/**
 * One request and its answer: over a socket of its own, dialed, through the proxy if there is one, with TLS over that; or over a
 * session of HTTP/2 that others share, where the client is told so. In: a plan. Out: exactly one call, and a way to give up before it.
 */
import type { UrlParts } from "@effect-ws/codec/ClientHandshake"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import { HandshakeReason, type Phase } from "@effect-ws/platform/HandshakeError"
import { Socket } from "node:net"
import { dial, type Protocols, secured } from "./dial.js"
import { Dialing } from "./Dialing.js"
import { Exchange, type Result } from "./Exchange.js"
import { Http2Attempt } from "./Http2Attempt.js"
import type { Options } from "./options.js"
import type { Plan } from "./plan.js"
import type { Dialed, Sessions } from "./Sessions.js"
import { Tunnel } from "./Tunnel.js"

/** What a client's attempts have in common. */
export interface Means {
  readonly options: Options
  readonly deadlines: Deadlines
  readonly http2: "never" | "prefer" | "require"
  readonly sessions: Sessions
}

export const start = (plan: Plan, means: Means, done: (result: Result) => void): () => void => {
  const { deadlines, http2, options, sessions } = means
  const { target } = plan.request
  // Without TLS there is nothing to agree on: HTTP/2 is spoken where it must be.
  if (http2 === "never" || (http2 === "prefer" && !target.secure)) return overHttp1(plan, options, deadlines, done)
  const attempt = new Http2Attempt(plan, deadlines, {
    find: (found) =>
      sessions.find(
        target,
        (ready) => dialed(plan, options, deadlines, http2 === "require" ? ["h2"] : ["h2", "http/1.1"], ready),
        found
      ),
    fallBack: http2 === "require" ? undefined : (socket) =>
      socket === undefined
        ? overHttp1(plan, options, deadlines, done)
        : new Exchange(socket, plan, deadlines, done, false).abandon,
    done
  })
  attempt.start()
  return attempt.abandon
}

const overHttp1 = (plan: Plan, options: Options, deadlines: Deadlines, done: (result: Result) => void): () => void =>
  reach(plan, options, deadlines, ["http/1.1"], (socket) => {
    if (socket instanceof Socket) return new Exchange(socket, plan, deadlines, done).abandon
    done(socket)
    return () => {}
  })

/** A socket that is ready, whichever protocol it speaks. */
const dialed = (
  plan: Plan,
  options: Options,
  deadlines: Deadlines,
  protocols: Protocols,
  done: (socket: Socket | HandshakeReason) => void
): Dialed => {
  let phase = (): Phase => plan.proxy === undefined ? "connecting" : "proxy"
  const abandon = reach(plan, options, deadlines, protocols, (socket) => {
    if (!(socket instanceof Socket)) {
      done(socket)
      return () => {}
    }
    const dialing = new Dialing(socket, plan.request.target.secure, (reason) => done(reason ?? socket))
    phase = () => dialing.phase
    return dialing.abandon
  })
  return { phase: () => phase(), abandon }
}

/** Calls with a socket to the server, which may still be connecting; what that answers gives up from then on. */
const reach = (
  plan: Plan,
  options: Options,
  deadlines: Deadlines,
  protocols: Protocols,
  onSocket: (socket: Socket | HandshakeReason) => () => void
): () => void => {
  const { due, head, proxy, request: { target }, timeout } = plan
  if (proxy === undefined) return onSocket(attempted(target, () => dial(target, options, protocols)))
  const socket = attempted(proxy.target, () => dial(proxy.target, { ...options, tls: proxy.tls }, ["http/1.1"]))
  if (!(socket instanceof Socket)) return onSocket(socket)
  let abandon = (): void => {}
  const tunnel = new Tunnel(
    socket,
    { secure: proxy.target.secure, request: proxy.connect(target), head, timeout, due },
    deadlines,
    (reason) => {
      const through = reason ??
        (target.secure ? attempted(target, () => secured(socket, target, options, protocols)) : socket)
      if (!(through instanceof Socket)) socket.destroy()
      abandon = onSocket(through)
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
