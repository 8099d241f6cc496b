/**
 * The answers of an inspector, for hosts that serve it without an HTTP server of @effect/platform. In: requests, as plain values. Out:
 * responses, as plain values.
 *
 * @since 0.1.0
 */
import * as access from "../inspector/access.js"
import * as inspector from "../inspector/options.js"
import * as routes from "../inspector/routes.js"
import type { Recorder } from "../wireLog/Recorder.js"

export type { Asked } from "../inspector/access.js"
export type { Answer, InspectorSettings } from "../inspector/routes.js"

/**
 * Throws an `InvalidOption`.
 *
 * @since 0.1.0
 * @category options
 */
export const read: (given: inspector.Options) => routes.InspectorSettings = inspector.read

/**
 * @since 0.1.0
 * @category answers
 */
export const answer: (
  recorder: Recorder,
  settings: routes.InspectorSettings,
  asked: access.Asked
) => routes.Answer = routes.answer

/**
 * Whether an address is a loopback address.
 *
 * @since 0.1.0
 * @category options
 */
export const isLoopback: (address: string) => boolean = access.isLoopback
