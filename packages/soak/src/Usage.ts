/**
 * What a process holds at the moment: memory, descriptors, fibers, and what keeps its event loop busy.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as RuntimeFlagsPatch from "effect/RuntimeFlagsPatch"
import * as Schema from "effect/Schema"
import { readdirSync } from "node:fs"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const Counts = Schema.Record({ key: Schema.String, value: Schema.Number })

export const Usage = Schema.Struct({
  /** User and system, in microseconds. */
  cpu: Schema.Number,
  /** In octets, after a collection: on the heap, and beside it. */
  heap: Schema.Number,
  external: Schema.Number,
  rss: Schema.Number,
  /** The longest that the event loop was kept, from the beginning, in milliseconds: by itself, or by a busy machine. */
  stall: Schema.Number,
  /** -1 where the system does not tell. */
  descriptors: Schema.Number,
  fibers: Schema.Number,
  /** As `process.getActiveResourcesInfo` names them. */
  resources: Counts
})
export type Usage = typeof Usage.Type

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Fibers are counted where this is around. */
export const counted: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect
  .withRuntimeFlagsPatch(RuntimeFlagsPatch.enable(RuntimeFlags.RuntimeMetrics))

const stalls = monitorEventLoopDelay()
stalls.enable()

const fibers = Metric.value(Metric.counter("effect_fiber_active"))

/** A single collection leaves behind what was only just let go of. */
const collections = 3

export const take: Effect.Effect<Usage> = Effect.gen(function*() {
  for (let i = 0; i < collections; i++) {
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    collect()
  }
  const { system, user } = process.cpuUsage()
  const { external, heapUsed, rss } = process.memoryUsage()
  const { count } = yield* fibers
  return {
    cpu: user + system,
    heap: heapUsed,
    external,
    rss,
    stall: stalls.max / 1e6,
    descriptors: descriptors(),
    fibers: Number(count),
    resources: resources()
  }
})

const descriptors = (): number => {
  try {
    return readdirSync("/proc/self/fd").length
  } catch {
    return -1
  }
}

const resources = (): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
