/**
 * That there is nobody to be examined.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type { Target } from "../handshake/Target.js"
import { hostOf } from "../handshake/Target.js"

/**
 * There is no connection to be had, or no session of HTTP/2 on it.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unreachable extends Data.TaggedError("Unreachable")<{ readonly target: Target; readonly cause: Error }> {
  override get message(): string {
    return `no connection to ${hostOf(this.target)}: ${this.cause.message}`
  }
}
