/**
 * The half of a server that is the same for every host: who is accepted, what becomes of a connection when its handler ends, how
 * a server shuts down. In: upgrades, as a host's HTTP gives them. Out: answers to them, and the service of `WebSocketServer`.
 *
 * Hosts call it; applications have no use for it. It knows no sockets and no HTTP: see `NodeWebSocketServer`.
 *
 * @since 0.1.0
 */
import type * as HttpHeaders from "@effect-ws/codec/HttpHeaders"
import * as OptionTable from "@effect-ws/codec/Options"
import type { ServerConfig } from "@effect-ws/codec/PermessageDeflate"
import type { Primitives } from "@effect-ws/codec/Primitives"
import type * as ServerHandshake from "@effect-ws/codec/ServerHandshake"
import type { Deflate } from "@effect-ws/connection/host/Compression"
import type { Deadlines } from "@effect-ws/connection/host/Deadlines"
import type { Transport } from "@effect-ws/connection/host/Transport"
import * as InvalidOption from "@effect-ws/connection/InvalidOption"
import type { Limits } from "@effect-ws/connection/Limits"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as report from "./internal/report.js"
import { Request } from "./internal/request.js"
import * as internal from "./internal/serving.js"
import type { Accept, UpgradeRequest, WebSocketServer } from "./WebSocketServer.js"

/**
 * A request that was judged to be right, and waits for its answer. It is answered once: by {@link accept} or by {@link refuse}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Upgrade {
  readonly offer: ServerHandshake.Offer
  readonly remoteAddress: string | undefined
  /** Whether it came over TLS. */
  readonly secure: boolean
  /** Calls `onLeave` if the client leaves before it is answered. Octets that come meanwhile are kept for the connection. */
  readonly watch: (onLeave: () => void) => void
  /** Accepts. The transport has the octets that came behind the request. A problem means that nothing was written. */
  readonly accept: (choice: ServerHandshake.Choice) => Accepted
  /** Refuses, and sees to the end of the transport. A problem means that nothing was written. */
  readonly refuse: (
    status: number,
    headers?: HttpHeaders.Given,
    body?: Uint8Array
  ) => ServerHandshake.AnswerProblem | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export type Accepted =
  | { readonly _tag: "Opened"; readonly transport: Transport }
  /** The client has left. */
  | { readonly _tag: "Left" }
  | ServerHandshake.AnswerProblem

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly limits: Limits
  /** Of all connections of the server; to be kept for longer than this. */
  readonly deadlines: Deadlines
  readonly primitives: Primitives
  /** Unpredictable, unsigned, 32 bits: the payload of pings. */
  readonly random: () => number
  /** How long deciding on a request may take; and waiting for the first `serve`: 1 ms to 24.8 days. */
  readonly openTimeout: Duration.DurationInput
  /** How long shutting down waits for the closing handshakes and the handlers: 0 to 24.8 days, or infinite. */
  readonly grace: Duration.DurationInput
  /** Connections, and requests that wait; those beyond it are refused with 503: 0 (nobody is let in) to 2^31 - 1, or `Infinity` for no limit. */
  readonly maxConnections: number
  /** permessage-deflate; `undefined` declines every offer of it. */
  readonly compression: Deflate<ServerConfig> | undefined
}

/**
 * What the numbers and Durations may be, and their defaults on a host that lets its users leave them out.
 *
 * @since 0.1.0
 * @category options
 */
export const options: OptionTable.Table<{
  readonly openTimeout: Duration.Duration
  readonly grace: Duration.Duration
  readonly maxConnections: number
}> = {
  openTimeout: InvalidOption.duration({ least: 1, default: "10 seconds" }),
  grace: InvalidOption.duration({ infinity: "nothing is cut", default: "3 seconds" }),
  maxConnections: OptionTable.integer({ least: 0, unit: "connections", infinity: "no limit", default: Infinity })
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Serving {
  readonly serve: WebSocketServer["Type"]["serve"]
  readonly serveMessages: WebSocketServer["Type"]["serveMessages"]
  /** Takes a request. Never throws. */
  readonly onUpgrade: (upgrade: Upgrade) => void
  /** Is told of a request that was refused before anybody could be asked about it, and writes it to the log. */
  readonly onRefused: (refused: Refused) => void
}

/**
 * A request that was refused by a rule.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  readonly status: number
  readonly rule: string
  readonly rfc: string
  readonly says: string
  /** What of the request the log may show; it is cut there. */
  readonly detail?: string | undefined
  readonly remoteAddress: string | undefined
}

/**
 * When the scope closes, requests that wait are refused with 503, and connections are closed with 1001: all at once, and each
 * cut when the grace is over. Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: Options) => Effect.Effect<Serving, never, Scope.Scope> = internal.make

/**
 * `accept` with the services of whoever binds it. Its `Scope` and its span are those of each connection all the same.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bindAccept: <A, R>(
  accept: Accept<A, R>
) => Effect.Effect<Accept<A, Scope.Scope>, never, Exclude<R, Scope.Scope>> = internal.bindAccept

/**
 * The upgrade that a request asks for, if it is one that `accept` was given: by it a host finds what it knows of the request besides.
 *
 * @since 0.1.0
 * @category hosts
 */
export const upgradeOf = (request: UpgradeRequest): Upgrade | undefined =>
  request instanceof Request ? request.upgrade : undefined

/**
 * The log line of a function of the user's that failed where a host calls it: `what` says which. It never fails, whatever the logger
 * does.
 *
 * @since 0.1.0
 * @category hosts
 */
export const fault = (what: string, defect: unknown): Effect.Effect<void> => report.fault(what, Cause.die(defect))
