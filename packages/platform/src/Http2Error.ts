/**
 * How a connection over HTTP/2 broke: its stream was reset, the peer gave up the session, or the session was lost with all its streams.
 * It is the `error` of a `Reset`, and the cause of a handshake that failed so.
 *
 * Values only. A connection with a socket of its own has Node's errors instead.
 *
 * @since 0.1.0
 */
import * as Excerpt from "@effect-ws/codec/Excerpt"
import * as Data from "effect/Data"

/**
 * The peer reset this stream and no other (RST_STREAM, RFC 9113 §6.4): what a TCP reset is to a socket.
 *
 * @example
 * import type { DropCause } from "@effect-ws/connection/CloseOutcome"
 * import * as Http2Error from "@effect-ws/platform/Http2Error"
 *
 * const wasCanceled = (cause: DropCause) =>
 *   cause._tag === "Reset" && cause.error instanceof Http2Error.StreamReset && cause.error.codeName === "CANCEL"
 *
 * @since 0.1.0
 * @category errors
 */
export class StreamReset extends Data.TaggedError("StreamReset")<{
  /** RFC 9113 §7. */
  readonly code: number
}> {
  /** `CANCEL`, or the number of a code that is not in RFC 9113. */
  get codeName(): string {
    return nameOf(this.code)
  }

  override get message(): string {
    return `the peer reset the stream with ${this.codeName}`
  }
}

/**
 * The peer gave up the session (GOAWAY, RFC 9113 §6.8): with an error, or before it took this stream.
 *
 * @since 0.1.0
 * @category errors
 */
export class GoAway extends Data.TaggedError("GoAway")<{
  /** RFC 9113 §7. */
  readonly code: number
  /** The peer's debug data, as text, cut after 200 characters. */
  readonly detail: string
}> {
  /** `ENHANCE_YOUR_CALM`, or the number of a code that is not in RFC 9113. */
  get codeName(): string {
    return nameOf(this.code)
  }

  override get message(): string {
    const said = this.detail === "" ? "" : `: ${Excerpt.quote(this.detail)}`
    return `the peer gave up the session with ${this.codeName}${said}`
  }
}

/**
 * The session ended, and the stream with it: its socket broke, or was closed.
 *
 * @since 0.1.0
 * @category errors
 */
export class SessionLost extends Data.TaggedError("SessionLost")<{
  /** The error of the socket or the session; `undefined` if it just ended. */
  readonly cause: unknown
}> {
  override get message(): string {
    return this.cause === undefined ? "the session ended" : `the session broke: ${Excerpt.ofCause(this.cause)}`
  }
}

/**
 * @since 0.1.0
 * @category errors
 */
export type Http2Error = StreamReset | GoAway | SessionLost

const nameOf = (code: number): string => names[code] ?? String(code)

/** RFC 9113 §7, by code. */
const names: ReadonlyArray<string> = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED"
]
