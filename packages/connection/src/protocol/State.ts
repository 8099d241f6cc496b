/**
 * The vocabulary of the protocol: its states, what is known while bytes are read, the result of a step, and the timers. Types only.
 */
import type * as CloseStatus from "@effect-ws/codec/CloseStatus"
import type * as Decoder from "@effect-ws/codec/Decoder"
import type * as Primitives from "@effect-ws/codec/Primitives"
import type { CloseOutcome, DropCause, Failure, Role } from "../CloseOutcome.js"
import type { AnyMessage, Fragment } from "../Message.js"
import type { Assembly } from "./Assembler.js"

/**
 * What does not change while a connection lives.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly role: Role
  readonly primitives: Primitives.Primitives
  /** In bytes. */
  readonly maxMessageSize: number
  /** Whether permessage-deflate was negotiated. */
  readonly compression: boolean
  /**
   * Whether messages come whole, whole with text as bytes, or as fragments of any size (then {@link maxMessageSize} does not apply).
   */
  readonly incoming: "whole" | "bytes" | "streamed"
}

/**
 * @since 0.1.0
 * @category models
 */
export type State = Open | Settling | Closing | Draining | AwaitingEof | Failing | Closed

/**
 * Data may flow both ways.
 *
 * @since 0.1.0
 * @category models
 */
export interface Open {
  readonly _tag: "Open"
  readonly reading: Reading
}

/**
 * The peer's Close or a failure was read. It is held until the answers to the messages before it were sent: nothing more is read, but
 * sending still works.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settling {
  readonly _tag: "Settling"
  readonly ending: Ending
  /** Whether the end of the stream has followed. */
  readonly eof: boolean
}

/**
 * We sent Close first; we still read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Closing {
  readonly _tag: "Closing"
  readonly reading: Reading
  readonly local: CloseStatus.CloseStatus
  /** Whether our Close has left. Until then, progress of writing prolongs the wait for its answer. */
  readonly flushed: boolean
  /** How often a wait was prolonged. */
  readonly prolonged: number
}

/**
 * The peer has ended its side of the stream while its last bytes are still being inflated: the end takes effect after that.
 *
 * @since 0.1.0
 * @category models
 */
export interface Draining {
  readonly _tag: "Draining"
  /** The state for readers and senders meanwhile. */
  readonly before: Open | Closing
}

/**
 * Both Closes were sent; only the end of the stream is missing.
 *
 * @since 0.1.0
 * @category models
 */
export interface AwaitingEof {
  readonly _tag: "AwaitingEof"
  readonly closedFirst: "us" | "peer"
  readonly local: CloseStatus.CloseStatus
  readonly remote: CloseStatus.CloseStatus
  readonly prolonged: number
}

/**
 * We failed the connection; whatever comes is discarded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failing {
  readonly _tag: "Failing"
  readonly failure: Failure
  readonly local: CloseStatus.CloseStatus
  readonly remote: CloseStatus.CloseStatus | undefined
  readonly prolonged: number
}

/**
 * Over.
 *
 * @since 0.1.0
 * @category models
 */
export interface Closed {
  readonly _tag: "Closed"
  readonly outcome: CloseOutcome
}

/**
 * What is carried from one read to the next.
 *
 * @since 0.1.0
 * @category reading
 */
export interface Reading {
  readonly carry: Decoder.Carry
  /** The bytes of a control frame's payload that is not whole yet. */
  readonly control: Uint8Array | undefined
  readonly assembly: Assembly | undefined
  /** In streamed text: the bytes of a code point that is not whole yet. */
  readonly seam: Uint8Array
  readonly inflating: Inflating | undefined
}

/**
 * While bytes are being inflated: the rest of their run, whether it ends the message, and what came behind it. Views of what was read,
 * until they are detached.
 *
 * @since 0.1.0
 * @category reading
 */
export interface Inflating {
  readonly run: Uint8Array
  readonly last: boolean
  readonly rest: Uint8Array
  readonly isDetached: boolean
}

/**
 * Why no more is read.
 *
 * @since 0.1.0
 * @category reading
 */
export type Ending =
  | { readonly _tag: "PeerClose"; readonly remote: CloseStatus.CloseStatus }
  | { readonly _tag: "Failure"; readonly failure: Failure; readonly remote: CloseStatus.CloseStatus | undefined }

/**
 * What readers find after the last message.
 *
 * - `Normal`: we closed, or the peer did with 1000, 1001 or no code.
 * - `PeerClosed`: the peer closed with another code.
 * - `Failed`: we failed the connection.
 * - `Dropped`: the transport ended or broke first.
 *
 * @since 0.1.0
 * @category reading
 */
export type ReadingEnd =
  | { readonly _tag: "Normal"; readonly remote: CloseStatus.CloseStatus | undefined }
  | { readonly _tag: "PeerClosed"; readonly code: number; readonly reason: string }
  | { readonly _tag: "Failed"; readonly failure: Failure }
  | { readonly _tag: "Dropped"; readonly cause: DropCause }

/**
 * What to do, in order, after handing out what was received.
 *
 * @since 0.1.0
 * @category models
 */
export type Action =
  | { readonly _tag: "SendClose"; readonly status: CloseStatus.CloseStatus }
  /** Answer a ping. The payload is good until the next input. */
  | { readonly _tag: "SendPong"; readonly payload: Uint8Array }
  /** The peer sent a pong: to a ping, or unasked. */
  | { readonly _tag: "NotePong"; readonly payload: Uint8Array }
  /** Inflate this run of a compressed message (`last`: it ends the message) to at most `limit` bytes; then call `Protocol.inflated`. */
  | { readonly _tag: "Inflate"; readonly octets: Uint8Array; readonly last: boolean; readonly limit: number }
  /** Start the timer, instead of any other, and call `Protocol.fired` when it expires. */
  | { readonly _tag: "StartTimer"; readonly timer: Timer }
  /** End our side after what was written. */
  | { readonly _tag: "HalfClose" }
  | { readonly _tag: "Destroy" }

/**
 * The timers: for what is held, for the answer to our Close, and for the end of the stream.
 *
 * @since 0.1.0
 * @category models
 */
export type Timer = "Settle" | "CloseReply" | "Drop"

/**
 * What writing did while a timer ran.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** Bytes that have left for the system. */
  readonly delivered: number
  /** Whether what was accepted is still being deflated. */
  readonly isBehind: boolean
}

/**
 * The result of an input.
 *
 * @since 0.1.0
 * @category models
 */
export interface Step {
  readonly state: State
  /** Whole messages, in order; always empty when they are streamed. */
  readonly messages: ReadonlyArray<AnyMessage>
  /** Pieces of messages, in order; always empty when they come whole. */
  readonly fragments: ReadonlyArray<Fragment>
  readonly actions: ReadonlyArray<Action>
}
