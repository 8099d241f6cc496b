/**
 * An open WebSocket connection as a value: reading, sending, closing. What a user holds of it; interfaces only.
 *
 * What drives a connection is the shell around `Protocol`. Hosts make connections by `Hosting.unsafeMake`; applications are given them.
 *
 * @since 0.1.0
 */
import type { Octets } from "@effect-ws/codec/Primitives"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { CloseOutcome, Role } from "./CloseOutcome.js"
import type {
  ConnectionClosed,
  ConnectionError,
  EndOfMessages,
  InvalidClose,
  MessageDiscarded,
  PingTimeout,
  PingUnavailable
} from "./ConnectionError.js"
import type { Controls, MessageControls } from "./host/Controls.js"
import type { AnyMessage, ByteMessage, Message, Outgoing } from "./Message.js"

/**
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("@effect-ws/connection/Connection")

/**
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * A reader. Run at most one {@link pull} at a time. A pull that was interrupted took nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reader<M extends AnyMessage = Message> {
  /** All that has come since the last pull: at least one message. */
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<M>, EndOfMessages | ConnectionError>
}

/**
 * The sending half. Data leaves in the order of calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sending {
  /**
   * Accepts one message. Returns at once while the outbox is under its mark (1 MiB unless set otherwise), and otherwise waits
   * its turn. Interrupted while it waits: not sent. Otherwise: sent whole. The octets of a binary message belong to the
   * connection until they are written (see {@link flush}): do not change or transfer them before. Anything else than a message is
   * a defect.
   */
  readonly send: (message: Outgoing) => Effect.Effect<void, ConnectionClosed>
  /** As {@link send} for each, in one write where they fit. Interrupted or closed half-way, a prefix was sent. */
  readonly sendAll: (messages: Iterable<Outgoing>) => Effect.Effect<void, ConnectionClosed>
  /**
   * Accepts now or not at all, and never waits. For handlers without effects, and for broadcast. A message that was "full" was not
   * sent: `send` it, or know that it is lost.
   */
  readonly trySend: (message: Outgoing) => "accepted" | "full" | "closed"
  /**
   * One message, as fragments, while it is produced: a frame for each element. Other messages wait meanwhile, control frames do
   * not. A source that fails or is interrupted before its first octet leaves no trace; after that the message cannot be taken
   * back (RFC 6455 §5.4), so the connection is closed with 1011.
   */
  readonly sendStream: {
    <E, R>(kind: "text", payload: Stream.Stream<string, E, R>): Effect.Effect<void, ConnectionClosed | E, R>
    <E, R>(kind: "binary", payload: Stream.Stream<Uint8Array, E, R>): Effect.Effect<void, ConnectionClosed | E, R>
  }
  /** Waits until everything accepted so far has been passed on to the system. */
  readonly flush: Effect.Effect<void, ConnectionClosed>
  /** {@link send} for all that a Stream gives. */
  readonly sink: Sink.Sink<void, Outgoing, never, ConnectionClosed>
}

/**
 * What a connection is, and how it ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lifecycle {
  /** For hosts, by way of `Hosting`. */
  readonly [TypeId]: Controls
  readonly role: Role
  readonly opening: Opening
  /** The subprotocol that both agreed on. */
  readonly subprotocol: Option.Option<string>
  /** The extensions that both agreed on, as the opening handshake states them; empty if there are none. */
  readonly extensions: string
  /** Octets accepted that have not left yet. */
  readonly bufferedAmount: number
  /**
   * Whether the peer may still care for what is sent: no Close was sent or received. One that was received is answered behind what
   * is sent for the messages before it; until then `send` works, and this is `false` already.
   */
  readonly isOpen: boolean
  /**
   * Measures a round trip. The payload is ours, so that pongs cannot be confused; any later pong answers earlier pings (RFC 6455
   * §5.5.3). A pong with another payload answers none: after `keepaliveTimeout` (20 seconds unless set; also where keepalive is
   * off) this fails with `PingTimeout`, and the connection stays open. The ping goes out behind what was accepted before it, and
   * that counts. To wait less: `Effect.timeout`. Where the host speaks the protocol and sends no pings for us (a browser), it fails
   * with `PingUnavailable`.
   */
  readonly ping: Effect.Effect<Duration.Duration, ConnectionClosed | PingTimeout | PingUnavailable>
  /**
   * Starts closing, with 1000 unless said otherwise, and waits for the outcome. A second call joins the first; interrupting it
   * stops only the waiting.
   *
   * It waits for a peer that does not answer for `closeTimeout` (5 seconds) after our Close has left. Under `TestClock` no such
   * time passes by itself, nor does `linger` or `grace` when a scope closes: fork the closing, `TestClock.adjust` by that limit,
   * and then join. {@link startClose} and {@link abort} wait for nothing.
   */
  readonly close: {
    (): Effect.Effect<CloseOutcome>
    (code: number, reason?: string): Effect.Effect<CloseOutcome, InvalidClose>
  }
  /**
   * Starts closing as {@link close} does, and waits for nothing: the Close goes out behind what was accepted, and the limits of `close` see
   * to it that the connection ends. From then on `send` fails; what the peer still says can be read. Once a Close was sent, this does
   * nothing. How it ends: {@link outcome}.
   */
  readonly startClose: {
    (): Effect.Effect<void>
    (code: number, reason?: string): Effect.Effect<void, InvalidClose>
  }
  /**
   * Cuts the transport at once, without a Close: for a peer that takes too little or says nothing, where {@link close} would wait.
   * What was accepted and has not left is lost, and sends that wait fail. The outcome is `Aborted`, with an `Application` reason
   * that holds yours: a text for your logs, which the peer never sees. If the closing handshake was over, or the connection
   * failed, that stands (`Clean`, `Failed`); if there is an outcome already, this gives it.
   */
  readonly abort: (reason: string) => Effect.Effect<CloseOutcome>
  /** Completes exactly once, at the latest when the connection's scope has closed. Never fails. */
  readonly outcome: Effect.Effect<CloseOutcome>
  /** The outcome, if there is one yet. */
  readonly currentOutcome: Option.Option<CloseOutcome>
}

/**
 * A connection that gives whole messages. Several may read: each message goes to exactly one of them. Opened with
 * `incoming: "bytes"` it is a `Connection<ByteMessage>`, whose text comes as `TextBytes`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Connection<M extends AnyMessage = Message> extends Lifecycle, Sending {
  readonly [TypeId]: MessageControls<M>
  /** The next message. Nothing that came with it is lost, unlike `Stream.runHead(messages)`, which drops the rest of its chunk. */
  readonly receive: Effect.Effect<M, EndOfMessages | ConnectionError>
  readonly reader: Effect.Effect<Reader<M>, never, Scope.Scope>
  /**
   * Completes when we closed, or when the peer did with 1000, 1001 or no code; fails otherwise. All that was received before
   * comes first.
   */
  readonly messages: Stream.Stream<M, ConnectionError>
  /**
   * Calls `handler` for each message, in order, in the turn that received it. A handler that returns an Effect is served by a
   * fiber for as long as it is busy; the next message waits for it. Ends as {@link messages} does.
   */
  readonly run: <E = never, R = never>(
    handler: (message: M) => Effect.Effect<unknown, E, R> | void
  ) => Effect.Effect<void, ConnectionError | E, R>
}

/**
 * A message that is still arriving. Asking for the next message discards what is left of this one; reading on then fails.
 *
 * @since 0.1.0
 * @category models
 */
export type MessageStream =
  | { readonly kind: "text"; readonly payload: Stream.Stream<string, ConnectionError | MessageDiscarded> }
  | { readonly kind: "binary"; readonly payload: Stream.Stream<Octets, ConnectionError | MessageDiscarded> }

/**
 * A connection opened with `incoming: "streamed"`: messages of any size, as they arrive. The message limit does not apply. Its text
 * is decoded as it arrives: there are no streams of text as bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamedConnection extends Lifecycle, Sending {
  /** One at a time: two would tear messages apart. */
  readonly messageStreams: Stream.Stream<MessageStream, ConnectionError>
}

/**
 * How messages are read, which is decided at opening: the limit of a message must be known at its first header.
 *
 * - `"whole"`: text as `string`, binary as `Uint8Array`.
 * - `"bytes"`: the same, with text as `TextBytes`: checked to be UTF-8, and not decoded.
 * - `"streamed"`: each message as a Stream, for messages of any size.
 *
 * @since 0.1.0
 * @category models
 */
export type Incoming = "whole" | "bytes" | "streamed"

/**
 * What comes of each way to read.
 *
 * @since 0.1.0
 * @category models
 */
export type ConnectionFor<I extends Incoming> = I extends "streamed" ? StreamedConnection
  : I extends "bytes" ? Connection<ByteMessage>
  : Connection

/**
 * The ways to read in which a message comes as a whole.
 *
 * @since 0.1.0
 * @category models
 */
export type IncomingWhole = Exclude<Incoming, "streamed">

/**
 * What a message is in each of them.
 *
 * @since 0.1.0
 * @category models
 */
export type MessageFor<I extends IncomingWhole> = I extends "bytes" ? ByteMessage : Message

/**
 * What the opening handshake settled.
 *
 * @since 0.1.0
 * @category models
 */
export interface Opening {
  readonly subprotocol: string | undefined
  readonly extensions: string
  /** The peer's header lines. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** What the client asked for: path and query. */
  readonly target: string
}
