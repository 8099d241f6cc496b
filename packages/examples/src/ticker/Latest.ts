/**
 * A mailbox in which the latest value of a key replaces the one before. It holds at most one value for each key, however slow
 * its reader is, and knows neither keys nor values.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"

export interface Latest<K, V> {
  readonly put: (key: K, value: V) => void
  /** Waits until there is a value, and takes all values. `skipped` counts values that nobody will see. */
  readonly take: Effect.Effect<{ readonly values: ReadonlyArray<V>; readonly skipped: number }>
}

export const make = <K, V>(): Effect.Effect<Latest<K, V>> =>
  Effect.map(Queue.dropping<void>(1), (bell) => {
    const pending = new Map<K, V>()
    let skipped = 0
    return {
      put: (key, value) => {
        if (pending.has(key)) skipped++
        pending.set(key, value)
        Queue.unsafeOffer(bell, undefined)
      },
      take: Effect.map(Queue.take(bell), () => {
        const taken = { values: [...pending.values()], skipped }
        pending.clear()
        skipped = 0
        return taken
      })
    }
  })
