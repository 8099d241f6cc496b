/**
 * Opens connections: URL and options -> plan -> socket and handshake -> connection, which closes with its scope. The steps are in other
 * modules; this one combines them, so that no path leaves a socket behind.
 */
import type * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import * as Host from "@effect-ws/connection/host/Host"
import type { Transport } from "@effect-ws/connection/host/Transport"
import type { Limits } from "@effect-ws/connection/Limits"
import type { HandshakeReason } from "@effect-ws/platform/HandshakeError"
import { HandshakeError, violation } from "@effect-ws/platform/HandshakeError"
import * as Connecting from "@effect-ws/platform/host/Connecting"
import * as Requesting from "@effect-ws/platform/host/Requesting"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RcRef from "effect/RcRef"
import type * as Scope from "effect/Scope"
import { receivingBy } from "../transport/messageMemory.js"
import { primitives } from "../transport/primitives.js"
import { randomMask } from "../transport/randomMask.js"
import * as attempt from "./attempt.js"
import type { Options } from "./options.js"
import { type Plan, plan, redirect, type Wanted } from "./plan.js"
import * as proxies from "./proxy.js"
import { Sessions } from "./Sessions.js"
import { type ClientSettings, read } from "./settings.js"

export const make = (
  options: Options
): Effect.Effect<WebSocketClient.WebSocketClient["Type"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const settings = read(options)
    const receiving = receivingBy(settings.messageMemory)
    const shared = yield* Deadlines.makeShared
    const deadlines = yield* RcRef.get(shared)
    const connecting = yield* Connecting.make
    const hostWith = (limits: Limits): Host.Host =>
      Host.make({
        role: "client",
        limits,
        primitives,
        receiving,
        random: randomMask,
        deadlines,
        meter: connecting.meter
      })
    const proxy = options.proxy === undefined ? undefined : proxies.make(options.proxy)
    const sessions = new Sessions({
      idleTimeout: Duration.toMillis(settings.http2IdleTimeout),
      head: settings.head
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => sessions.retire()))
    const client: Client = {
      options,
      means: { options, deadlines, sessions, http2: settings.http2 },
      settings,
      host: hostWith(settings.limits),
      hostWith,
      deadlines,
      hold: RcRef.get(shared),
      connecting,
      plan: (wanted) => plan(wanted, settings, proxy)
    }
    return { connect: (to, connectOptions = {}) => connect(to, connectOptions, client) }
  })

/** What a connection has from its client. */
interface Client {
  readonly options: Options
  readonly means: attempt.Means
  readonly settings: ClientSettings
  readonly host: Host.Host
  /** For connections with limits of their own. */
  readonly hostWith: (limits: Limits) => Host.Host
  readonly deadlines: Deadlines.Deadlines
  /** Of the deadlines: `connect(url)` may be provided with a layer that closes once the connection is open. */
  readonly hold: Effect.Effect<unknown, never, Scope.Scope>
  readonly connecting: Connecting.Connecting
  readonly plan: (wanted: Wanted) => Plan | HandshakeError
}

const connect = <I extends Connection.Incoming>(
  to: WebSocketClient.Url,
  connectOptions: WebSocketClient.ConnectOptions<I>,
  client: Client
): Effect.Effect<Connection.ConnectionFor<I>, HandshakeError, Scope.Scope> =>
  Effect.suspend(() => {
    const { connecting, deadlines, hold, host, hostWith, options, settings: usual } = client
    const asked = Requesting.judge(to, connectOptions, options.limits)
    if (asked._tag === "HandshakeError") return Effect.fail(asked)
    const { incoming, limits: own, linger = usual.linger, openTimeout: timeout = usual.openTimeout } = asked
    const due = deadlines.now() + Duration.toMillis(timeout)
    const first = client.plan({ to: asked.url, connectOptions, added: [], timeout, due })
    if (first instanceof HandshakeError) return Effect.fail(first)
    const settings = {
      host: own === undefined ? host : hostWith(own),
      incoming,
      linger,
      target: first.request.target,
      hold
    }
    return Connecting.overTransport(connecting, settings, (headers, restore) => {
      const planned = headers.length === 0 ? first : client.plan({ ...first.wanted, added: headers })
      return planned instanceof HandshakeError
        ? Effect.fail(planned)
        : follow(restore, planned, client, usual.redirects)
    })
  })

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Opens, over so many redirects. */
const follow = (
  restore: Restore,
  planned: Plan,
  client: Client,
  redirects: number
): Effect.Effect<Connecting.Opened, HandshakeError> =>
  Effect.catchAll(openWith(restore, planned, client), (error) => {
    const wanted = redirects > 0 && error.reason._tag === "Refused" ? redirect(planned, error.reason) : undefined
    if (wanted === undefined) return Effect.fail(error)
    const next = client.plan(wanted)
    return next instanceof HandshakeError ? Effect.fail(next) : follow(restore, next, client, redirects - 1)
  })

const openWith = (
  restore: Restore,
  planned: Plan,
  { means }: Client
): Effect.Effect<Connecting.Opened, HandshakeError> => {
  let transport: Transport | undefined
  const opening = Effect.async<Connecting.Opened, HandshakeError>((resume) => {
    const fail = (reason: HandshakeReason): void =>
      resume(Effect.fail(new HandshakeError({ url: planned.url, reason })))
    const abandon = attempt.start(planned, means, (result) => {
      if (result._tag !== "Opened") return fail(result)
      const agreed = Requesting.agreement(result.accepted, planned.request)
      if (agreed._tag === "Violated") {
        result.transport.destroy()
        return fail(violation(agreed))
      }
      transport = result.transport
      const { compression, opening } = agreed
      resume(Effect.succeed({ transport, opening, compression, request: result.request }))
    })
    return Effect.sync(abandon)
  })
  // Interrupted between the last byte of the head and the connection's own finalizer: nobody else has the transport.
  return Effect.onError(restore(opening), () => Effect.sync(() => transport?.destroy()))
}
