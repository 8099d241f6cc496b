/**
 * A `Scope` beside the services of whoever serves. The compiler does not see that `Exclude<R, Scope>` and `Scope` together are
 * `R`: that is said here, once.
 */
import * as Context from "effect/Context"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"

export const runtimeWith = <R>(
  runtime: Runtime.Runtime<Exclude<R, Scope.Scope>>,
  scope: Scope.Scope
): Runtime.Runtime<R> => Runtime.provideService(runtime, Scope.Scope, scope) as Runtime.Runtime<R>

/** `bound`, but for what is each connection's own: its Scope and its span. */
export const contextWith = <R>(
  bound: Context.Context<Exclude<R, Scope.Scope>>
): (own: Context.Context<Scope.Scope>) => Context.Context<R> => {
  const services = withoutOwn(bound as Context.Context<unknown>)
  return (own) => Context.merge(own, services) as Context.Context<R>
}

const withoutOwn = Context.omit(Scope.Scope, Tracer.ParentSpan)
