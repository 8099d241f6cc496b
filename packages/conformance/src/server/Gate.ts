/**
 * Who may run when: quiet ones beside each other only, loud ones whenever nothing quiet runs or waits. In: effects. Out: the
 * same, each in its time.
 *
 * It knows no cases.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/**
 * @since 0.1.0
 * @category models
 */
export interface Gate {
  readonly pass: (quiet: boolean) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (): Gate => {
  const running = { quiet: 0, loud: 0 }
  const waiting: { readonly quiet: Set<() => void>; readonly loud: Set<() => void> } = {
    quiet: new Set(),
    loud: new Set()
  }

  const admit = (): void => {
    if (running.loud === 0) { for (const enter of waiting.quiet) enter() }
    if (running.quiet === 0 && waiting.quiet.size === 0) { for (const enter of waiting.loud) enter() }
  }

  const enter = (kind: "quiet" | "loud"): Effect.Effect<void> =>
    Effect.async((resume) => {
      const go = (): void => {
        waiting[kind].delete(go)
        running[kind]++
        resume(Effect.void)
      }
      waiting[kind].add(go)
      admit()
      return Effect.sync(() => waiting[kind].delete(go))
    })

  const leave = (kind: "quiet" | "loud"): Effect.Effect<void> =>
    Effect.sync(() => {
      running[kind]--
      admit()
    })

  return {
    pass: (quiet) => (effect) => {
      const kind = quiet ? "quiet" : "loud"
      return Effect.acquireUseRelease(Effect.interruptible(enter(kind)), () => effect, () => leave(kind))
    }
  }
}
