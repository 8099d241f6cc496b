/** The events of a page -> a signal to try again. It listens only while somebody waits. */
import type { RetrySignal } from "@effect-ws/platform/RetrySignal"
import * as Effect from "effect/Effect"
import { onAwake } from "./events.js"
import type { Globals } from "./globals.js"

export const make = (globals: Globals): RetrySignal["Type"] => ({
  next: Effect.async<void>((resume) => {
    const stop = onAwake(globals, () => {
      stop()
      resume(Effect.void)
    })
    return Effect.sync(stop)
  })
})
