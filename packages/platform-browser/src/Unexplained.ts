/**
 * What is known of a connection that a host lost, where it does not say why.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * The `error` of a `Reset`: the host's WebSocket ended without a whole closing handshake, and pages are not told why. The network, the
 * server's process, a proxy in between, or a frame that the host did not accept.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unexplained extends Data.TaggedError("Unexplained")<{
  /** As the host tells it: mostly 1006. */
  readonly code: number
}> {
  override get message(): string {
    return `the host's WebSocket ended with ${this.code}, and a page is not told why`
  }
}
