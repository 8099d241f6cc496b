/** Which fibers are left of those that an Effect started. */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

export const watch = Effect.sync(() => {
  let left = 0
  const metrics: Metric.FiberRuntimeMetricsService = {
    recordFiberStart: () => void left++,
    recordFiberEnd: () => void left--
  }
  return {
    over: <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.provideService(effect, Metric.FiberRuntimeMetrics, metrics),
    left: Effect.sync(() => left)
  }
})
