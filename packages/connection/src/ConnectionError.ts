/**
 * The errors of an open connection: few classes, to catch by tag. The end of the connection itself is not an error but a
 * `CloseOutcome`.
 *
 * @since 0.1.0
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import * as Excerpt from "@effect-ws/codec/Excerpt"
import * as Options from "@effect-ws/codec/Options"
import * as Primitives from "@effect-ws/codec/Primitives"
import { type RuleName, rules } from "@effect-ws/codec/Violation"
import * as Data from "effect/Data"
import type { CloseOutcome, DropCause, Failure } from "./CloseOutcome.js"
import { Excess } from "./CloseOutcome.js"

/**
 * Reading failed: the peer closed with a code other than 1000, 1001 or none.
 *
 * @since 0.1.0
 * @category reading
 */
export class PeerClosed extends Data.TaggedError("PeerClosed")<{ readonly code: number; readonly reason: string }> {
  override get message(): string {
    return `the peer closed with ${this.code}${this.reason === "" ? "" : `: ${Excerpt.quote(this.reason)}`}`
  }
}

/**
 * Reading failed: we failed the connection, because the peer broke a rule or exceeded a limit. For a message that is too big,
 * `excess` has the limit and, if known, the length.
 *
 * @since 0.1.0
 * @category reading
 */
export class ProtocolFailure extends Data.TaggedError("ProtocolFailure")<
  { readonly rule: RuleName; readonly rfc: string; readonly excess: Excess | undefined }
> {
  override get message(): string {
    const breach = this.excess === undefined ? `broke a rule: ${rules[this.rule].says}` : explain(this.excess)
    return `the peer ${breach} (${this.rule}, RFC ${this.rfc})`
  }
}

const explain: (excess: Excess) => string = Excess.$match({
  Declared: ({ length, limit }) =>
    `sent a message that is too big: it declares ${length} bytes, and maxMessageSize is ${limit}`,
  Inflated: ({ limit }) => `sent a message that is too big: it inflates to more than maxMessageSize, ${limit} bytes`,
  Fragmented: ({ length, limit }) =>
    `sent a message in too many fragments: with the charge for each it counts ${length} bytes, and at most ${limit} are allowed`
})

/**
 * Reading failed: the transport ended without a Close, the peer gave no sign of life, or what it sent was not read in time.
 *
 * @since 0.1.0
 * @category reading
 */
export class ConnectionDropped extends Data.TaggedError("ConnectionDropped")<
  { readonly cause: DropCause | Exclude<Failure, { readonly _tag: "Violation" }> }
> {
  override get message(): string {
    switch (this.cause._tag) {
      case "Eof":
        return "the peer ended the stream without a Close"
      case "Reset":
        return `the transport broke: ${Excerpt.ofCause(this.cause.error)}`
      case "KeepaliveTimeout":
        return "the peer gave no sign of life within keepaliveTimeout"
      case "InboxFull":
        return `${this.cause.size} bytes were received and not read, and the host cannot be told to wait: inboxSize is ` +
          `${this.cause.limit}. Read faster, have the peer send less, or set a higher limit`
      case "Defect":
        return `the connection was closed with 1011, because of a defect on our side: ${
          Excerpt.ofCause(this.cause.defect)
        }`
    }
  }
}

/**
 * The errors of reading.
 *
 * @since 0.1.0
 * @category reading
 */
export type ConnectionError = PeerClosed | ProtocolFailure | ConnectionDropped

/**
 * There is nothing more to read after the normal end: we closed, or the peer did with 1000, 1001 or no code. `messages` completes
 * instead.
 *
 * @since 0.1.0
 * @category reading
 */
export class EndOfMessages extends Data.TaggedError("EndOfMessages")<{ readonly remote: CloseStatus | undefined }> {
  override get message(): string {
    return "the connection was closed, and all messages were read"
  }
}

/**
 * What a reader gets after the last message.
 *
 * @since 0.1.0
 * @category reading
 */
export type End = EndOfMessages | ConnectionError

/**
 * The rest of a message is gone: the next message was read already, or the connection closed in the middle of this one.
 *
 * @since 0.1.0
 * @category reading
 */
export class MessageDiscarded extends Data.TaggedError("MessageDiscarded")<{ readonly why: "NextAsked" | "Closed" }> {
  override get message(): string {
    return this.why === "NextAsked"
      ? "the next message was read, which discards the rest of this one"
      : "the connection was closed in the middle of this message"
  }
}

/**
 * Sending or pinging failed: a Close was sent or received, or the transport is gone. Nothing of the message was written.
 *
 * @since 0.1.0
 * @category sending
 */
export class ConnectionClosed extends Data.TaggedError("ConnectionClosed")<{
  readonly state: { readonly _tag: "Closing" } | { readonly _tag: "Closed"; readonly outcome: CloseOutcome }
}> {
  override get message(): string {
    return this.state._tag === "Closing"
      ? "nothing was sent: the connection is closing"
      : `nothing was sent: the connection is closed (${this.state.outcome._tag})`
  }
}

/**
 * Pinging failed: no pong to this ping, or to a later one, came within `keepaliveTimeout`. The connection is still open: a peer that
 * sends something else is alive, and keepalive ends the connection of a silent one.
 *
 * @since 0.1.0
 * @category sending
 */
export class PingTimeout extends Data.TaggedError("PingTimeout")<{
  /** Milliseconds. */
  readonly after: number
}> {
  override get message(): string {
    return `no pong with the payload of our ping came within ${this.after} ms (keepaliveTimeout), and the connection is still ` +
      "open: ping again, set a longer limit, or abort the connection"
  }
}

/**
 * Pinging failed: the host's WebSocket, as a browser's, cannot ping. Nothing was sent, and the connection is as it was.
 *
 * @since 0.1.0
 * @category sending
 */
export class PingUnavailable extends Data.TaggedError("PingUnavailable") {
  override get message(): string {
    return "no ping was sent: this host's WebSocket cannot ping. Send a message that the peer answers"
  }
}

/**
 * Closing failed: the code is illegal or the reason longer than 123 bytes in UTF-8 (RFC 6455 §5.5, §7.4), or the host refuses the
 * code, as browsers refuse all but 1000 and 3000 to 4999. Nothing was written.
 *
 * @since 0.1.0
 * @category closing
 */
export class InvalidClose extends Data.TaggedError("InvalidClose")<{
  readonly code: number
  readonly reason: string
  readonly problem: "IllegalCode" | "ReasonTooLong" | "RefusedByHost"
}> {
  override get message(): string {
    return `nothing was sent: ${refusalOf(this)}`
  }
}

const refusalOf = ({ code, problem, reason }: InvalidClose): string => {
  switch (problem) {
    case "IllegalCode":
      return `${Options.shown(code)} must not be sent in a Close: give 1000 to 1003, 1007 to 1014 or 3000 to 4999`
    case "ReasonTooLong":
      return `a Close reason may take at most 123 bytes in UTF-8, and this one takes ${sizeOf(reason)}`
    case "RefusedByHost":
      return `this host's WebSocket does not close with ${Options.shown(code)}: give 1000 or 3000 to 4999`
  }
}

/** Untyped callers may pass anything. */
const sizeOf = (reason: string): string =>
  typeof reason === "string"
    ? String(Primitives.utf8.utf8Length(reason))
    : `none: it is not a string but a ${typeof reason}`
