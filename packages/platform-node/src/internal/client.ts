/**
 * Opens connections: URL and options -> request -> socket -> handshake -> connection, which closes with its scope. Each step is
 * elsewhere; here they are put together, so that no way out leaves a socket behind.
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type { Extension } from "@effect-ws/codec/ExtensionHeader"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as Primitives from "@effect-ws/codec/Primitives"
import * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/Deadlines"
import { HandshakeError, HandshakeReason, invalidRequest } from "@effect-ws/connection/HandshakeError"
import * as Limits from "@effect-ws/connection/Limits"
import type { Transport } from "@effect-ws/connection/Transport"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomBytes, randomInt } from "node:crypto"
import { Socket } from "node:net"
import * as NodeTransport from "../NodeTransport.js"
import type { Options } from "../NodeWebSocketClient.js"
import { dial } from "./dial.js"
import * as exchange from "./exchange.js"
import * as shared from "./shared.js"
import * as url from "./url.js"

export const make = (
  options: Options
): Effect.Effect<WebSocketClient.WebSocketClient["Type"], never, Scope.Scope> =>
  Effect.map(shared.make(Deadlines.make), (deadlines) => {
    const limits = { keepaliveInterval: 20_000, ...options.limits }
    const hostWith = (overrides: Partial<Limits.Limits>): Connection.Host =>
      Connection.makeHost({
        role: "client",
        limits: Limits.make({ ...limits, ...overrides }),
        primitives: Primitives.plain,
        random: () => randomInt(2 ** 32),
        deadlines: deadlines.value
      })
    const usual = hostWith({})
    return {
      connect: (to, connectOptions = {}) =>
        connect(to, connectOptions, {
          options,
          host: connectOptions.limits === undefined ? usual : hostWith(connectOptions.limits),
          deadlines
        })
    }
  })

/** What a connection has from its client. */
interface Client {
  readonly options: Options
  readonly host: Connection.Host
  /** An open connection holds them: `connect(url)` may be provided with a layer that closes once it is open. */
  readonly deadlines: shared.Shared<Deadlines.Deadlines>
}

const connect = <I extends Connection.Incoming>(
  to: WebSocketClient.Url,
  connectOptions: WebSocketClient.ConnectOptions<I>,
  { deadlines, host, options }: Client
): Effect.Effect<Connection.ConnectionFor<I>, HandshakeError, Scope.Scope> =>
  Effect.suspend(() => {
    const plan = prepare(typeof to === "string" ? to : to.href, connectOptions, options)
    if (plan instanceof HandshakeError) return Effect.fail(plan)
    const incoming = (connectOptions.incoming ?? "whole") as I
    const linger = connectOptions.linger ?? options.linger ?? "1 second"
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(openWith(restore, plan, options, deadlines.value), ({ accepted, transport }) => {
        deadlines.hold()
        const connection = Connection.unsafeMake(transport, host, {
          incoming,
          opening: openingOf(plan, accepted),
          compression: undefined
        })
        const close = Connection.shutdown(connection, { status: goingAway, grace: linger, why: "ScopeClosed" })
        return Effect.as(Effect.addFinalizer(() => Effect.ensuring(close, deadlines.release)), connection)
      })
    )
  })

/** All that is settled before anything is written. */
interface Plan extends exchange.Settings {
  /** As errors show it. */
  readonly url: string
  readonly target: ClientHandshake.Target
}

const prepare = (
  to: string,
  connectOptions: WebSocketClient.ConnectOptions,
  options: Options
): Plan | HandshakeError => {
  const located = url.parse(to)
  if (located._tag === "Problem") {
    return new HandshakeError({ url: located.shown, reason: invalidRequest(located.rule, located.part) })
  }
  const { shown, target } = located
  const wishes = ClientHandshake.wishes(AcceptKey.fromOctets(randomBytes(AcceptKey.keySize)), {
    subprotocols: connectOptions.subprotocols ?? [],
    extensions: offers,
    origin: connectOptions.origin,
    headers: headersOf(connectOptions.headers)
  })
  const request = ClientHandshake.request(target, wishes)
  if (request._tag === "Problem") {
    return new HandshakeError({ url: shown, reason: invalidRequest(request.rule, request.part) })
  }
  return {
    url: shown,
    target,
    request: request.octets,
    expected: ClientHandshake.expected(wishes, connectOptions.withoutSubprotocol),
    head: { ...HttpHead.defaultLimits, ...options.head },
    bodySize: options.refusalBodySize ?? 64 * 1024,
    timeout: Duration.decode(connectOptions.openTimeout ?? options.openTimeout ?? "10 seconds")
  }
}

/** What is offered to every server. */
const offers: ReadonlyArray<Extension> = []

const headersOf = (headers: WebSocketClient.ConnectOptions["headers"] = []): Headers =>
  Symbol.iterator in headers ? headers as Headers : Object.entries(headers)

interface Opened {
  readonly accepted: ClientHandshake.Accepted
  readonly transport: Transport
}

const openWith = (
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
  plan: Plan,
  options: Options,
  deadlines: Deadlines.Deadlines
): Effect.Effect<Opened, HandshakeError> => {
  let transport: Transport | undefined
  const opening = Effect.async<Opened, HandshakeError>((resume) => {
    const fail = (reason: HandshakeReason): void => resume(Effect.fail(new HandshakeError({ url: plan.url, reason })))
    const socket = tryDial(plan.target, options)
    if (!(socket instanceof Socket)) return fail(socket)
    const handshake = new exchange.Exchange(socket, plan, deadlines, (result) => {
      if (result._tag !== "Opened") return fail(result)
      transport = NodeTransport.make(socket, { head: result.rest })
      resume(Effect.succeed({ accepted: result.accepted, transport }))
    })
    return Effect.sync(handshake.abandon)
  })
  // Interrupted between the last octet of the head and the connection's own finalizer: nobody else has the transport.
  return Effect.onError(restore(opening), () => Effect.sync(() => transport?.destroy()))
}

/** Node throws at options that it cannot use: an address that is none, a certificate that cannot be read. */
const tryDial = (target: ClientHandshake.Target, options: Options): Socket | HandshakeReason => {
  try {
    return dial(target, options)
  } catch (cause) {
    return target.secure ? HandshakeReason.TlsFailed({ cause }) : HandshakeReason.Unreachable({ cause })
  }
}

const openingOf = ({ target }: Plan, { headers, subprotocol }: ClientHandshake.Accepted): Connection.Opening => ({
  subprotocol,
  extensions: HttpHeaders.values(headers, "sec-websocket-extensions").join(", "),
  headers,
  target: target.path
})

const goingAway = CloseStatus.make(1001)
