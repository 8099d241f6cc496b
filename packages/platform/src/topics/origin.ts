/** Numbers of nodes. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Of two nodes with the same number, each would take the other's messages for its own: there are 2^48. */
export const origin: Effect.Effect<number> = Effect.zipWith(
  Random.nextIntBetween(0, 2 ** 24),
  Random.nextIntBetween(0, 2 ** 24),
  (high, low) => high * 2 ** 24 + low
)
