/**
 * Opens connections: URL and options -> request -> socket -> handshake -> connection, which closes with its scope. Each step is
 * elsewhere; here they are put together, so that no way out leaves a socket behind.
 */
import * as AcceptKey from "@effect-ws/codec/AcceptKey"
import * as ClientHandshake from "@effect-ws/codec/ClientHandshake"
import * as CloseStatus from "@effect-ws/codec/CloseStatus"
import * as HttpHead from "@effect-ws/codec/HttpHead"
import type { Headers } from "@effect-ws/codec/HttpHeaders"
import * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as PermessageDeflate from "@effect-ws/codec/PermessageDeflate"
import type { Compression, Deflate } from "@effect-ws/connection/Compression"
import * as Connection from "@effect-ws/connection/Connection"
import * as Deadlines from "@effect-ws/connection/Deadlines"
import { HandshakeError, HandshakeReason, invalidRequest, violation } from "@effect-ws/connection/HandshakeError"
import * as Limits from "@effect-ws/connection/Limits"
import type { Transport } from "@effect-ws/connection/Transport"
import type * as WebSocketClient from "@effect-ws/platform/WebSocketClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import { Socket } from "node:net"
import * as NodeDeflate from "../NodeDeflate.js"
import { primitives } from "../NodePrimitives.js"
import * as NodeTransport from "../NodeTransport.js"
import type { Options } from "../NodeWebSocketClient.js"
import { dial } from "./dial.js"
import * as exchange from "./exchange.js"
import { randomMask } from "./randomMask.js"
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
        primitives,
        random: randomMask,
        deadlines: deadlines.value
      })
    const usual = hostWith({})
    const deflate = options.compression === false ? undefined : NodeDeflate.client(options.compression)
    return {
      connect: (to, connectOptions = {}) =>
        connect(to, connectOptions, {
          options,
          deflate,
          host: connectOptions.limits === undefined ? usual : hostWith(connectOptions.limits),
          deadlines
        })
    }
  })

/** What a connection has from its client. */
interface Client {
  readonly options: Options
  /** permessage-deflate, if it is offered. */
  readonly deflate: Deflate<PermessageDeflate.ClientConfig> | undefined
  readonly host: Connection.Host
  /** An open connection holds them: `connect(url)` may be provided with a layer that closes once it is open. */
  readonly deadlines: shared.Shared<Deadlines.Deadlines>
}

const connect = <I extends Connection.Incoming>(
  to: WebSocketClient.Url,
  connectOptions: WebSocketClient.ConnectOptions<I>,
  client: Client
): Effect.Effect<Connection.ConnectionFor<I>, HandshakeError, Scope.Scope> =>
  Effect.suspend(() => {
    const { deadlines, host, options } = client
    const plan = prepare(typeof to === "string" ? to : to.href, connectOptions, client)
    if (plan instanceof HandshakeError) return Effect.fail(plan)
    const incoming = (connectOptions.incoming ?? "whole") as I
    const linger = connectOptions.linger ?? options.linger ?? "1 second"
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(openWith(restore, plan, client), ({ accepted, compression, transport }) => {
        deadlines.hold()
        const connection = Connection.unsafeMake(transport, host, {
          incoming,
          opening: openingOf(plan, accepted),
          compression: compression?.()
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
  { deflate, options }: Client
): Plan | HandshakeError => {
  const located = url.parse(to)
  if (located._tag === "Problem") {
    return new HandshakeError({ url: located.shown, reason: invalidRequest(located.rule, located.part) })
  }
  const { shown, target } = located
  const wishes = ClientHandshake.wishes(AcceptKey.fromOctets(randomBytes(AcceptKey.keySize)), {
    subprotocols: connectOptions.subprotocols ?? [],
    extensions: deflate === undefined ? [] : [PermessageDeflate.offer(deflate.config)],
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

const headersOf = (headers: WebSocketClient.ConnectOptions["headers"] = []): Headers =>
  Symbol.iterator in headers ? headers as Headers : Object.entries(headers)

interface Opened {
  readonly accepted: ClientHandshake.Accepted
  readonly transport: Transport
  /** Makes the contexts, if permessage-deflate was agreed on. */
  readonly compression: (() => Compression) | undefined
}

const openWith = (
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
  plan: Plan,
  { deadlines, deflate, options }: Client
): Effect.Effect<Opened, HandshakeError> => {
  let transport: Transport | undefined
  const opening = Effect.async<Opened, HandshakeError>((resume) => {
    const fail = (reason: HandshakeReason): void => resume(Effect.fail(new HandshakeError({ url: plan.url, reason })))
    const socket = tryDial(plan.target, options)
    if (!(socket instanceof Socket)) return fail(socket)
    const handshake = new exchange.Exchange(socket, plan, deadlines.value, (result) => {
      if (result._tag !== "Opened") return fail(result)
      const compression = compressionOf(deflate, result.accepted)
      if (compression !== undefined && "rule" in compression) {
        handshake.abandon()
        return fail(violation(compression))
      }
      transport = NodeTransport.make(socket, { head: result.rest })
      resume(Effect.succeed({ accepted: result.accepted, transport, compression }))
    })
    return Effect.sync(handshake.abandon)
  })
  // Interrupted between the last octet of the head and the connection's own finalizer: nobody else has the transport.
  return Effect.onError(restore(opening), () => Effect.sync(() => transport?.destroy()))
}

const compressionOf = (
  deflate: Client["deflate"],
  { extensions }: ClientHandshake.Accepted
): Opened["compression"] | PermessageDeflate.Problem => {
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
