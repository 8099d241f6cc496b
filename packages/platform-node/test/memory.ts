/** What memory a test takes, and much of nothing in few octets. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Zlib from "node:zlib"
import { keepFreedMemory } from "../src/transport/freedMemory.js"

// Once a process, and untouched: no test's. What collects first has it.
keepFreedMemory()

const collector: Effect.Effect<() => void> = Effect.sync(() => {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc") as () => void
})

/**
 * How many octets of array buffers the process held at most, from here on and beyond what it held before. What could be
 * collected counts too, so that code which makes much and drops it is seen; but for "live", which collects before it looks.
 */
export const peakMemory = (what: "all" | "live"): Effect.Effect<() => number, never, Scope.Scope> =>
  Effect.gen(function*() {
    const collect = yield* collector
    collect()
    collect() // waits for what the first left to a thread
    const before = process.memoryUsage().arrayBuffers
    let peak = before
    const look = (): void => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers)
    }
    let timer: NodeJS.Timeout | undefined = undefined
    const again = (): void => {
      const begin = performance.now()
      if (what === "live") {
        collect()
        collect()
      }
      look()
      timer = setTimeout(again, 1 + 10 * (performance.now() - begin)) // collecting may take a tenth of the time
    }
    yield* Effect.acquireRelease(Effect.sync(again), () => Effect.sync(() => clearTimeout(timer)))
    return () => {
      if (what === "all") look()
      return peak - before
    }
  })

const mib = 1024 * 1024
const zero = Buffer.alloc(mib)
const first = Zlib.deflateRawSync(zero, { finishFlush: Zlib.constants.Z_SYNC_FLUSH })

/** The payload of a compressed message of so many octets of zero, whole MiB: about a thousandth of it. */
export const zeros = (size: number): Buffer => Buffer.concat(new Array<Buffer>(size / mib).fill(first)).subarray(0, -4)
