/**
 * What is known about a connection that the host lost without saying why.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * The `error` of a `Reset`: the host's WebSocket ended without a complete closing handshake, and a page is not told why. The cause may be
 * the network, the server's process, a proxy in between, or a frame that the host did not accept. With another code than 1006 the peer
 * did send a Close, but before everything sent had left, as Chromium reports it.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unexplained extends Data.TaggedError("Unexplained")<{
  /** The code that the host reports: 1006, or that of the peer's Close. */
  readonly code: number
}> {
  override get message(): string {
    return this.code === 1006
      ? "the host's WebSocket ended with 1006, and does not tell a page why"
      : `the peer closed with ${this.code} before everything sent had left`
  }
}
