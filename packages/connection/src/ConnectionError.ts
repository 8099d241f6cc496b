/**
 * The errors of an open connection: few classes, to catch by tag. What ended the connection as a whole is no error but a
 * `CloseOutcome`.
 *
 * @since 0.1.0
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import type { RuleName } from "@effect-ws/codec/Violation"
import * as Data from "effect/Data"
import type { CloseOutcome, DropCause } from "./CloseOutcome.js"

/**
 * Reading: the peer closed with a code that is no normal end (not 1000, 1001 or none).
 *
 * @since 0.1.0
 * @category reading
 */
export class PeerClosed extends Data.TaggedError("PeerClosed")<{ readonly code: number; readonly reason: string }> {
  override get message(): string {
    return `the peer closed with ${this.code}${this.reason === "" ? "" : `: ${this.reason}`}`
  }
}

/**
 * Reading: we failed the connection, since the peer broke a rule or exceeded a limit.
 *
 * @since 0.1.0
 * @category reading
 */
export class ProtocolFailure extends Data.TaggedError("ProtocolFailure")<
  { readonly rule: RuleName; readonly rfc: string }
> {
  override get message(): string {
    return `the peer violated ${this.rule} (RFC ${this.rfc})`
  }
}

/**
 * Reading: the transport ended without a Close, or the peer gave no sign of life any more.
 *
 * @since 0.1.0
 * @category reading
 */
export class ConnectionDropped extends Data.TaggedError("ConnectionDropped")<
  { readonly cause: DropCause | { readonly _tag: "KeepaliveTimeout" } }
> {
  override get message(): string {
    switch (this.cause._tag) {
      case "Eof":
        return "the peer ended the stream without a Close"
      case "Reset":
        return `the transport broke: ${String(this.cause.error)}`
      case "KeepaliveTimeout":
        return "the peer gave no sign of life"
    }
  }
}

/**
 * What reading can fail with.
 *
 * @since 0.1.0
 * @category reading
 */
export type ConnectionError = PeerClosed | ProtocolFailure | ConnectionDropped

/**
 * Reading on after the normal end: we closed, or the peer did with 1000, 1001 or no code. `messages` completes instead.
 *
 * @since 0.1.0
 * @category reading
 */
export class EndOfMessages extends Data.TaggedError("EndOfMessages")<{ readonly remote: CloseStatus | undefined }> {
  override get message(): string {
    return "the connection was closed, and everything was read"
  }
}

/**
 * What a reader finds behind the last message.
 *
 * @since 0.1.0
 * @category reading
 */
export type End = EndOfMessages | ConnectionError

/**
 * Reading on in a message of which the rest is gone: its successor was asked for already, or the connection was closed amid it.
 *
 * @since 0.1.0
 * @category reading
 */
export class MessageDiscarded extends Data.TaggedError("MessageDiscarded")<{ readonly why: "NextAsked" | "Closed" }> {
  override get message(): string {
    return this.why === "NextAsked"
      ? "the next message was asked for, which discards the rest of this one"
      : "the connection was closed amid this message"
  }
}

/**
 * Sending or pinging once a Close was sent or received, or the transport is gone. Nothing of the message was written.
 *
 * @since 0.1.0
 * @category sending
 */
export class ConnectionClosed extends Data.TaggedError("ConnectionClosed")<{
  readonly state: { readonly _tag: "Closing" } | { readonly _tag: "Closed"; readonly outcome: CloseOutcome }
}> {
  override get message(): string {
    return this.state._tag === "Closing"
      ? "the connection is closing"
      : `the connection is closed: ${this.state.outcome._tag}`
  }
}

/**
 * A Close that must not be sent (RFC 6455 §7.4): an illegal code, or a reason over 123 octets. Nothing was written.
 *
 * @since 0.1.0
 * @category closing
 */
export class InvalidClose extends Data.TaggedError("InvalidClose")<{
  readonly code: number
  readonly reason: string
  readonly problem: "IllegalCode" | "ReasonTooLong"
}> {
  override get message(): string {
    return this.problem === "IllegalCode"
      ? `${this.code} must not be sent in a Close frame`
      : "a Close reason is at most 123 octets"
  }
}
