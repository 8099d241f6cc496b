/**
 * Signals when to try again at once: what a host knows of its network and its sleep. `Reconnecting` looks for it when it is made;
 * without it, a pause ends when the schedule says.
 *
 * It knows no host: `BrowserRetrySignal` of `@effect-ws/platform-browser` is one, on the events of a page.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/**
 * @example
 * import { RetrySignal } from "@effect-ws/platform/RetrySignal"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * // What tells this program that it is in the foreground again, and how to stop listening
 * declare const onForeground: (call: () => void) => () => void
 *
 * const foreground = Layer.succeed(RetrySignal, {
 *   next: Effect.async<void>((resume) => {
 *     const stop = onForeground(() => resume(Effect.void))
 *     return Effect.sync(stop)
 *   })
 * })
 *
 * @since 0.1.0
 * @category services
 */
export class RetrySignal extends Context.Tag("@effect-ws/platform/RetrySignal")<RetrySignal, {
  /** Waits for the next signal. Earlier signals do not count. */
  readonly next: Effect.Effect<void>
}>() {}
