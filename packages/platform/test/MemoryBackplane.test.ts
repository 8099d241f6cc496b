/** The backplane in memory passes what every backplane has to. */
import { Backplane } from "@effect-ws/platform/Backplane"
import * as MemoryBackplane from "@effect-ws/platform/MemoryBackplane"
import * as Topics from "@effect-ws/platform/Topics"
import * as Effect from "effect/Effect"
import { suite } from "./backplanes.js"

suite(
  "in memory",
  Effect.map(MemoryBackplane.make, ({ backplane, down, up }) => ({
    node: (options) => Effect.provideService(Topics.make(options), Backplane, backplane),
    down,
    up,
    patterns: true,
    keeps: true
  }))
)
