/**
 * `Primitives` on Node: UTF-8 and memory by `node:buffer`; masking natively where the package `bufferutil` is there, which is not
 * required.
 *
 * A hot module. Its oracle is `Primitives.plain`. The sizes at which it changes its ways were measured on Node 20: a call into
 * Node costs as much as some fifty octets in a loop, and a view of octets nearly as much again.
 *
 * @since 0.1.0
 */
import type { Primitives } from "@effect-ws/codec/Primitives"
import * as internal from "./transport/primitives.js"

/**
 * What clients and servers of this package use.
 *
 * @since 0.1.0
 * @category instances
 */
export const primitives: Primitives = internal.primitives
