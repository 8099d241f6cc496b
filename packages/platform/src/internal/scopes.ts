/**
 * A `Scope` beside the services of the caller. The compiler does not see that `Exclude<R, Scope>` and `Scope` together are `R`: this module
 * says so, once.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"

const runtimeWith = <R>(
  runtime: Runtime.Runtime<Exclude<R, Scope.Scope>>,
  scope: Scope.Scope
): Runtime.Runtime<R> => Runtime.provideService(runtime, Scope.Scope, scope) as Runtime.Runtime<R>

/**
 * A Scope that is made with the first runtime, since a scope in which nothing runs is not needed. It uses a runtime, since the frames of
 * `Effect.scoped` cost an idle fiber 4 kB.
 */
export class OwnScope<R> {
  private scope: Scope.CloseableScope | undefined = undefined
  private scoped: Runtime.Runtime<R> | undefined = undefined

  constructor(private readonly outer: Runtime.Runtime<Exclude<R, Scope.Scope>>) {}

  get runtime(): Runtime.Runtime<R> {
    this.scope ??= Effect.runSync(Scope.make())
    this.scoped ??= runtimeWith<R>(this.outer, this.scope)
    return this.scoped
  }

  /** Runs its finalizers; `undefined` if nobody can have added any. */
  close(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> | undefined {
    return this.scope && Scope.close(this.scope, exit)
  }
}

/** `bound`, but for what is each connection's own: its Scope and its span. */
export const contextWith = <R>(
  bound: Context.Context<Exclude<R, Scope.Scope>>
): (own: Context.Context<Scope.Scope>) => Context.Context<R> => {
  const services = withoutOwn(bound as Context.Context<unknown>)
  return (own) => Context.merge(own, services) as Context.Context<R>
}

const withoutOwn = Context.omit(Scope.Scope, Tracer.ParentSpan)
