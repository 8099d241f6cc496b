/**
 * One side of a soak as a process: carries out orders, and counts what nobody catches. It lives through the Ctrl-C that ends the
 * soak, so that it can tell what was done.
 */
import { answer } from "@effect-ws/benchmark/Orders"
import * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Scope from "effect/Scope"
import type { Tally } from "../Tally.js"
import * as Usage from "../Usage.js"

/** `make` gives what carries out an order. */
export const run = <Order>(
  tally: Tally,
  make: Effect.Effect<(order: Order) => Effect.Effect<object, unknown>, unknown, Scope.Scope>
): void => {
  process.on("SIGINT", () => {})
  process.on("SIGTERM", () => {})
  process.on("uncaughtException", (error) => tally.escaped(error))
  process.on("unhandledRejection", (error) => tally.escaped(error))
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(Layer.scope, Logger.replace(Logger.defaultLogger, defectsOnly(tally)))
  )
  const begin = async (): Promise<void> => {
    const carryOut = await runtime.runPromise(Usage.counted(make))
    answer((order: Order) => runtime.runPromise(Usage.counted(carryOut(order))))
    process.send?.({ done: true })
  }
  void begin()
}

/** Attacks are logged, as they should be. A defect is a mistake of ours. */
const defectsOnly = (tally: Tally): Logger.Logger<unknown, void> =>
  Logger.make(({ cause }) => {
    if (Cause.isDie(cause)) tally.escaped(Cause.squash(cause))
  })
