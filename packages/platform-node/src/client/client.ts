/**
 * Opens connections: URL and options -> request -> socket -> handshake -> connection, which closes with its scope. Each step is
 * elsewhere; here they are put together, so that no way out leaves a socket behind.
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as Options from "@effect-ws/codec/Options"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/host/Deadlines"
import type { Transport } from "@effect-ws/connection/host/Transport"
import type { Limits } from "@effect-ws/connection/Limits"
import * as Connecting from "@effect-ws/platform/Connecting"
import { HandshakeError, HandshakeReason, invalidRequest, violation } from "@effect-ws/platform/HandshakeError"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import { parse as parseLimits } from "../internal/limits.js"
import { type ClientSettings, readClient } from "../internal/options.js"
import { primitives } from "../NodePrimitives.js"
import * as NodeTransport from "../NodeTransport.js"
import type { Options as ClientOptions } from "../NodeWebSocketClient.js"
import { randomMask } from "../transport/randomMask.js"
import * as attempt from "./attempt.js"
import type * as exchange from "./exchange.js"
import { make as makeProxy, type Proxy } from "./proxy.js"
import * as shared from "./shared.js"
import * as url from "./url.js"

export const make = (
  options: ClientOptions
): Effect.Effect<WebSocketClient.WebSocketClient["Type"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const settings = readClient(options)
    const deadlines = yield* shared.make(Deadlines.make)
    const connecting = yield* Connecting.make
    const hostWith = (limits: Limits): Connection.Host =>
      Connection.makeHost({
        role: "client",
        limits,
        primitives,
        random: randomMask,
        deadlines: deadlines.value,
        meter: connecting.meter
      })
    const proxy = options.proxy === undefined ? undefined : makeProxy(options.proxy)
    const client = { options, settings, proxy, host: hostWith(settings.limits), hostWith, deadlines, connecting }
    return { connect: (to, connectOptions = {}) => connect(to, connectOptions, client) }
  })

/** What a connection has from its client. */
interface Client {
  readonly options: ClientOptions
  readonly settings: ClientSettings
  /** The proxy to go through, or what is wrong with it. */
  readonly proxy: Proxy | HandshakeReason | undefined
  readonly host: Connection.Host
  /** For connections with limits of their own. */
  readonly hostWith: (limits: Limits) => Connection.Host
  /** An open connection holds them: `connect(url)` may be provided with a layer that closes once it is open. */
  readonly deadlines: shared.Shared<Deadlines.Deadlines>
  readonly connecting: Connecting.Connecting
}

const connect = <I extends Connection.Incoming>(
  to: WebSocketClient.Url,
  connectOptions: WebSocketClient.ConnectOptions<I>,
  client: Client
): Effect.Effect<Connection.ConnectionFor<I>, HandshakeError, Scope.Scope> =>
  Effect.suspend(() => {
    const { connecting, deadlines, host, hostWith, options, settings: usual } = client
    const href = url.textOf(to)
    const asked = Options.read(Connecting.options, connectOptions)
    if (asked._tag === "Problem") return Effect.fail(invalidOption(href, asked))
    const own = connectOptions.limits === undefined ? undefined : parseLimits(options.limits, connectOptions.limits)
    if (own?._tag === "Problem") return Effect.fail(invalidOption(href, own))
    const { linger = usual.linger, openTimeout: timeout = usual.openTimeout } = asked.options
    const due = deadlines.value.now() + Duration.toMillis(timeout)
    const first = prepare({ to: href, connectOptions, added: [], timeout, due }, client)
    if (first instanceof HandshakeError) return Effect.fail(first)
    const settings = {
      host: own === undefined ? host : hostWith(own.options),
      incoming: (connectOptions.incoming ?? "whole") as I,
      linger,
      target: first.target,
      hold: deadlines.hold,
      release: deadlines.release
    }
    return connecting.connect(settings, (headers, restore) => {
      const plan = headers.length === 0 ? first : prepare({ ...first.asked, added: headers }, client)
      return plan instanceof HandshakeError
        ? Effect.fail(plan)
        : follow(restore, plan, client, usual.redirects)
    })
  })

const invalidOption = (href: string, { advice, expected, option, value }: Options.Problem): HandshakeError =>
  new HandshakeError({
    url: url.parse(href).shown,
    reason: HandshakeReason.InvalidOption({ option, value, expected, advice })
  })

/** What is asked for; of a redirect, what is asked for next. */
interface Request {
  readonly to: string
  readonly connectOptions: WebSocketClient.ConnectOptions
  /** Header lines that are not the user's. */
  readonly added: Headers
  /** For all requests together. */
  readonly timeout: Duration.Duration
  readonly due: number
}

/** All that is settled before anything is written. */
interface Plan extends exchange.Settings {
  readonly request: Uint8Array
  readonly asked: Request
  /** As errors show it. */
  readonly url: string
}

const prepare = (
  asked: Request,
  { proxy, settings: { bodySize, compression, head } }: Client
): Plan | HandshakeError => {
  const { added, connectOptions, due, timeout, to } = asked
  const located = url.parse(to)
  if (located._tag === "Problem") {
    return new HandshakeError({ url: located.shown, reason: invalidRequest(located.rule, located.part) })
  }
  const { shown } = located
  if (proxy !== undefined && "_tag" in proxy) return new HandshakeError({ url: shown, reason: proxy })
  const { authorization } = connectOptions
  const target = authorization === undefined
    ? located.target
    : { ...located.target, authorization: Redacted.value(authorization) }
  const wishes = ClientHandshake.wishes(AcceptKey.fromOctets(randomBytes(AcceptKey.keySize)), {
    subprotocols: connectOptions.subprotocols ?? [],
    extensions: compression === undefined ? [] : [PermessageDeflate.offer(compression.config)],
    origin: connectOptions.origin,
    headers: [...HttpHeaders.fromGiven(connectOptions.headers), ...added]
  })
  const request = ClientHandshake.request(target, wishes)
  if (request._tag === "Problem") {
    return new HandshakeError({ url: shown, reason: invalidRequest(request.rule, request.part) })
  }
  return {
    asked,
    url: shown,
    target,
    request: request.octets,
    expected: ClientHandshake.expected(wishes, connectOptions.withoutSubprotocol),
    head,
    bodySize,
    timeout,
    due
  }
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Opens, over so many redirects. */
const follow = (
  restore: Restore,
  plan: Plan,
  client: Client,
  redirects: number
): Effect.Effect<Connecting.Opened, HandshakeError> =>
  Effect.catchAll(openWith(restore, plan, client), (error) => {
    const next = redirects > 0 && error.reason._tag === "Refused" ? redirect(plan, error.reason) : undefined
    if (next === undefined) return Effect.fail(error)
    const planned = prepare(next, client)
    return planned instanceof HandshakeError ? Effect.fail(planned) : follow(restore, planned, client, redirects - 1)
  })

const redirect = (
  { asked, target }: Plan,
  { headers, status }: Extract<HandshakeReason, { readonly _tag: "Refused" }>
): Request | undefined => {
  const locations = redirecting.includes(status) ? HttpHeaders.values(headers, "location") : []
  const [location] = locations
  const to = location === undefined || locations.length > 1 ? undefined : url.redirected(target, location)
  const located = to === undefined ? undefined : url.parse(to)
  if (to === undefined || located?._tag !== "Located") return undefined
  const { host, port, secure } = located.target
  const same = host === target.host && port === target.port && secure === target.secure
  // What the user gave was for the origin that the user named: any header may hold a secret.
  const authorization = same && target.authorization !== undefined ? Redacted.make(target.authorization) : undefined
  const kept = same ? asked.connectOptions.headers : undefined
  return { ...asked, to, connectOptions: { ...asked.connectOptions, authorization, headers: kept } }
}

const redirecting: ReadonlyArray<number> = [301, 302, 303, 307, 308]

const openWith = (
  restore: Restore,
  plan: Plan,
  { deadlines, options, proxy, settings: { compression: deflate } }: Client
): Effect.Effect<Connecting.Opened, HandshakeError> => {
  let transport: Transport | undefined
  const opening = Effect.async<Connecting.Opened, HandshakeError>((resume) => {
    const fail = (reason: HandshakeReason): void => resume(Effect.fail(new HandshakeError({ url: plan.url, reason })))
    const through = proxy !== undefined && "_tag" in proxy ? undefined : proxy
    const abandon = attempt.start(plan, through, options, deadlines.value, (result) => {
      if (result._tag !== "Opened") return fail(result)
      const { accepted, rest, socket } = result
      const compression = compressionOf(deflate, accepted)
      if (compression !== undefined && "rule" in compression) {
        socket.on("error", () => {})
        socket.destroy()
        return fail(violation(compression))
      }
      transport = NodeTransport.make(socket, { head: rest })
      resume(Effect.succeed({ transport, opening: openingOf(plan, accepted), compression }))
    })
    return Effect.sync(abandon)
  })
  // Interrupted between the last octet of the head and the connection's own finalizer: nobody else has the transport.
  return Effect.onError(restore(opening), () => Effect.sync(() => transport?.destroy()))
}

const compressionOf = (
  deflate: ClientSettings["compression"],
  { extensions }: ClientHandshake.Accepted
): Connecting.Opened["compression"] | PermessageDeflate.Problem => {
  if (deflate === undefined) return undefined
  const verdict = PermessageDeflate.verify(deflate.config, extensions)
  switch (verdict._tag) {
    case "Problem":
      return verdict
    case "Declined":
      return undefined
    case "Agreed":
      return () => deflate.open(verdict.agreed)
  }
}

const openingOf = ({ target }: Plan, { headers, subprotocol }: ClientHandshake.Accepted): Connection.Opening => ({
  subprotocol,
  extensions: HttpHeaders.values(headers, "sec-websocket-extensions").join(", "),
  headers,
  target: target.path
})
