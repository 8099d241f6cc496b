/**
 * What is kept for its maker and for those who came to depend on it, until the last of them is done. In: a scoped resource. Out:
 * the resource, and a way to hold it beyond the scope it was made in.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

export interface Shared<out A> {
  readonly value: A
  /** Each call goes with one {@link release}. */
  readonly hold: () => void
  readonly release: Effect.Effect<void>
}

export const make = <A>(resource: Effect.Effect<A, never, Scope.Scope>): Effect.Effect<Shared<A>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    let holders = 1
    const hold = (): void => {
      holders++
    }
    const release = Effect.suspend(() => --holders === 0 ? Scope.close(scope, Exit.void) : Effect.void)
    yield* Effect.addFinalizer(() => release)
    return { value: yield* Scope.extend(resource, scope), hold, release }
  })
