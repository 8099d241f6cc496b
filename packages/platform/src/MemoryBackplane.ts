/**
 * A backplane in memory, for tests with several nodes, and for several `Topics` in one process. In: nothing. Out: a `Backplane` that a
 * test can switch off and on.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Backplane from "./Backplane.js"
import { MemoryHub } from "./topics/MemoryHub.js"

/**
 * A backplane, and its switch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Memory {
  readonly backplane: Backplane.Backplane["Type"]
  /** Makes it unreachable until `up`. Its log stays. */
  readonly down: Effect.Effect<void>
  readonly up: Effect.Effect<void>
}

/**
 * @example
 * import * as Backplane from "@effect-ws/platform/Backplane"
 * import * as MemoryBackplane from "@effect-ws/platform/MemoryBackplane"
 * import * as Topics from "@effect-ws/platform/Topics"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const { backplane } = yield* MemoryBackplane.make
 *   const node = Effect.provideService(Topics.make(), Backplane.Backplane, backplane)
 *   return [yield* node, yield* node]
 * }))
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Memory> = Effect.clockWith((clock) =>
  Effect.sync(() => {
    const hub = new MemoryHub(clock)
    return {
      backplane: { open: (receiver, keeping) => hub.open(receiver, keeping) },
      down: Effect.sync(() => hub.down()),
      up: Effect.sync(() => hub.up())
    }
  })
)
