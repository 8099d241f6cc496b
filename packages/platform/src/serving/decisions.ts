/**
 * Decides on requests with the user's function `accept`. In: a request. Out: a value, or a refusal, in time.
 */
import * as Hosting from "@effect-ws/connection/host/Hosting"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { contextWith } from "../internal/scopes.js"
import { synchronous } from "../internal/userFunctions.js"
import type { Accept, Accepted, Refusal, UpgradeRequest } from "../WebSocketServer.js"
import { undecided } from "./answers.js"
import { UpgradeRequestView } from "./request.js"
import type { Upgrade } from "./upgrade.js"

/** If it cannot be interrupted, it is not waited for. */
export const decide = <A, R>(
  accept: Accept<A, R>,
  upgrade: Upgrade,
  openTimeout: Duration.Duration
): Effect.Effect<Accepted<A>, Refusal, R> => {
  const decision = Effect.suspend(() => decisionOf(accept, new UpgradeRequestView(upgrade)))
  // As an exit: a disconnected fiber that fails writes to the log, and stands still if the logger fails.
  return Effect.flatten(Effect.timeoutFail(Effect.disconnect(Effect.exit(decision)), {
    duration: openTimeout,
    onTimeout: () => undecided
  }))
}

export const bindAccept = <A, R>(
  accept: Accept<A, R>
): Effect.Effect<Accept<A, Scope.Scope>, never, Exclude<R, Scope.Scope>> =>
  Effect.map(Effect.context<Exclude<R, Scope.Scope>>(), (bound) => {
    const services = contextWith<R>(bound)
    return (request) => Effect.mapInputContext(decisionOf(accept, request), services)
  })

/** A Promise must not count as a yes: neither instead of the Effect, nor as its value. */
const decisionOf = <A, R>(accept: Accept<A, R>, request: UpgradeRequest): Effect.Effect<Accepted<A>, Refusal, R> =>
  Effect.map(Hosting.asEffect(accept(request)), (accepted) => synchronous("accept", accepted))

const accepted = Exit.succeed({ value: undefined })

/** Where there is no `accept`. `A` is `undefined` then, as the defaults of `ServeOptions` have it. */
export function everybody<A>(): Exit.Exit<Accepted<A>>
export function everybody(): Exit.Exit<Accepted<undefined>> {
  return accepted
}
