/** Numbers of nodes. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Two nodes with the same number would each take the other's messages for their own: so there are 2^48 numbers. */
export const origin: Effect.Effect<number> = Effect.zipWith(
  Random.nextIntBetween(0, 2 ** 24),
  Random.nextIntBetween(0, 2 ** 24),
  (high, low) => high * 2 ** 24 + low
)
