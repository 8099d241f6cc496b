/**
 * Signals when a page should try again at once: its network is back (`online`), or the page is (visible again, out of the back/forward
 * cache, or resumed after it was frozen). It ends the pauses of `Reconnecting`.
 *
 * On hosts without such events it never signals, and does no harm.
 *
 * @since 0.1.0
 */
import { RetrySignal } from "@effect-ws/platform/RetrySignal"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ofHost } from "./internal/ofHost.js"
import * as signal from "./page/signal.js"

/**
 * The signal of this page. `BrowserWebSocketClient.layer` has it already.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<RetrySignal["Type"]> = Effect.sync(() => signal.make(ofHost()))

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<RetrySignal> = Layer.effect(RetrySignal, make)
