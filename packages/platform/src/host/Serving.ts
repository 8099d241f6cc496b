/**
 * The half of a server that is the same on every host: who is accepted, what happens to a connection when its handler ends, how a
 * server shuts down. In: upgrades, from a host's HTTP. Out: answers to them, and the service of `WebSocketServer`.
 *
 * Hosts call it; applications do not need it. It knows no sockets and no HTTP: see `NodeWebSocketServer`.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as log from "../logging/log.js"
import * as decisions from "../serving/decisions.js"
import type { Options } from "../serving/options.js"
import { UpgradeRequestView } from "../serving/request.js"
import * as internal from "../serving/serving.js"
import type { Upgrade } from "../serving/upgrade.js"
import type { Accept, Address, UpgradeRequest } from "../WebSocketServer.js"

export { messageHooks, type Options, options, type Paths, paths } from "../serving/options.js"
export type { Serving } from "../serving/serving.js"
export type { AcceptResult, Refused, Upgrade } from "../serving/upgrade.js"

/**
 * Makes the shared half of a server. When the scope closes, waiting requests are refused with 503, and all connections are closed with
 * `closeOnShutdown` and cut after `grace`. Dies of an `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (options: Options) => Effect.Effect<internal.Serving, never, Scope.Scope> = internal.make

/**
 * Gives `accept` the services of the current context. Its `Scope` and its span are still those of each connection.
 *
 * @since 0.1.0
 * @category constructors
 */
export const bindAccept: <A, R>(
  accept: Accept<A, R>
) => Effect.Effect<Accept<A, Scope.Scope>, never, Exclude<R, Scope.Scope>> = decisions.bindAccept

/**
 * The upgrade of a request that `accept` was given, by which a host finds what else it knows about the request.
 *
 * @since 0.1.0
 * @category hosts
 */
export const upgradeOf = (request: UpgradeRequest): Upgrade | undefined =>
  request instanceof UpgradeRequestView ? request.upgrade : undefined

/**
 * The URL for clients on the same machine, for a server's `url`.
 *
 * @since 0.1.0
 * @category hosts
 */
export const urlOf = (address: Address, secure: boolean): Option.Option<string> => {
  if (address._tag !== "Tcp") return Option.none()
  const { host, port } = address
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host
  const usual = secure ? 443 : 80
  return Option.some(`${secure ? "wss" : "ws"}://${name}${port === usual ? "" : `:${port}`}`)
}

/**
 * Logs that a user's function failed where a host called it; `what` names it. It never fails, whatever the logger does.
 *
 * @since 0.1.0
 * @category hosts
 */
export const fault = (what: string, defect: unknown): Effect.Effect<void> => log.fault(what, Cause.die(defect))
