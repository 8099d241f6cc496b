/**
 * An open WebSocket connection as its user sees it: reading, sending, closing. Interfaces only.
 *
 * The shell around `Protocol` drives a connection. Hosts make connections with `Hosting.unsafeMake`; applications get them from a host.
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
  /** All messages that arrived since the last pull: at least one. */
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<M>, EndOfMessages | ConnectionError>
}

/**
 * The sending half. Messages leave in the order of calls.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sending {
  /**
   * Accepts one message. Returns at once while the outbox is below `outboxSize` (1 MiB by default), and otherwise waits its turn.
   * If interrupted while it waits, nothing is sent; otherwise the whole message is. The bytes of a binary message belong to the
   * connection until they are written (see {@link flush}): do not change or transfer them before. Anything but a message is a
   * defect.
   */
  readonly send: (message: Outgoing) => Effect.Effect<void, ConnectionClosed>
  /** Sends each as {@link send} does, in one write where they fit. If interrupted or closed midway, the first ones were sent. */
  readonly sendAll: (messages: Iterable<Outgoing>) => Effect.Effect<void, ConnectionClosed>
  /**
   * Accepts a message now or not at all, and never waits: for handlers without Effects, and for broadcast. "full" means that it was
   * not sent: `send` it, or give it up.
   */
  readonly trySend: (message: Outgoing) => "accepted" | "full" | "closed"
  /**
   * Sends one message as fragments while it is produced: one frame for each element. Other messages wait meanwhile, control frames
   * do not. If the source fails or is interrupted before its first byte, nothing is sent. After that the message cannot be taken
   * back (RFC 6455 §5.4), so the connection is closed with 1011.
   */
  readonly sendStream: {
    <E, R>(kind: "text", payload: Stream.Stream<string, E, R>): Effect.Effect<void, ConnectionClosed | E, R>
    <E, R>(kind: "binary", payload: Stream.Stream<Uint8Array, E, R>): Effect.Effect<void, ConnectionClosed | E, R>
  }
  /** Waits until everything accepted so far was passed on to the operating system. */
  readonly flush: Effect.Effect<void, ConnectionClosed>
  /** Sends all messages of a Stream, as {@link send} does. */
  readonly sink: Sink.Sink<void, Outgoing, never, ConnectionClosed>
}

/**
 * What a connection is, and how it ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lifecycle {
  /** For hosts, which use `Hosting`. */
  readonly [TypeId]: Controls
  readonly role: Role
  readonly opening: Opening
  /** The subprotocol that both sides agreed on. */
  readonly subprotocol: Option.Option<string>
  /** The extensions that both sides agreed on, as the opening handshake states them; empty if there are none. */
  readonly extensions: string
  /** Bytes accepted and not yet sent. */
  readonly bufferedAmount: number
  /**
   * Whether the connection is open: no Close was sent or received. A received Close is answered after what you send for the messages
   * before it; until then `send` still works, although this is `false`.
   */
  readonly isOpen: boolean
  /**
   * Sends a ping and gives the round trip. Each ping has a payload of its own, so pongs cannot be confused; a later pong also answers
   * earlier pings (RFC 6455 §5.5.3). If no such pong comes within `keepaliveTimeout` (20 seconds by default, also where keepalive is
   * off), it fails with `PingTimeout`, and the connection stays open. The ping leaves after what was accepted before it, and that
   * time counts. To wait less, use `Effect.timeout`. In a browser, which cannot ping, it fails with `PingUnavailable`.
   */
  readonly ping: Effect.Effect<Duration.Duration, ConnectionClosed | PingTimeout | PingUnavailable>
  /**
   * Starts closing, by default with 1000, and waits for the outcome. A second call joins the first. Interruption stops only the
   * waiting.
   *
   * A peer that does not answer ends the waiting after `closeTimeout` (5 seconds), which starts when our Close has left. Under
   * `TestClock` this time does not pass by itself, and neither do `linger` and `grace` when a scope closes: fork the closing,
   * `TestClock.adjust` by that limit, and then join. {@link startClose} and {@link abort} do not wait.
   */
  readonly close: {
    (): Effect.Effect<CloseOutcome>
    (code: number, reason?: string): Effect.Effect<CloseOutcome, InvalidClose>
  }
  /**
   * Starts closing as {@link close} does, without waiting. The Close leaves after what was accepted, and the limits of `close` make
   * sure that the connection ends. From then on `send` fails; what the peer still sends can be read. Once a Close was sent, this does
   * nothing. For the end, see {@link outcome}.
   */
  readonly startClose: {
    (): Effect.Effect<void>
    (code: number, reason?: string): Effect.Effect<void, InvalidClose>
  }
  /**
   * Cuts the transport at once, without a Close: for a peer that reads too slowly or is silent, where {@link close} would wait. What
   * was accepted and not yet sent is lost, and waiting sends fail. The outcome is `Aborted`; its `Application` reason holds yours, a
   * text for your logs that the peer never sees. If the closing handshake was complete or the connection failed, the outcome is
   * still `Clean` or `Failed`; if there is an outcome already, this gives it.
   */
  readonly abort: (reason: string) => Effect.Effect<CloseOutcome>
  /** Gives the outcome, exactly once, at the latest when the connection's scope has closed. Never fails. */
  readonly outcome: Effect.Effect<CloseOutcome>
  /** The outcome, if there is one yet. */
  readonly currentOutcome: Option.Option<CloseOutcome>
}

/**
 * A connection that gives whole messages. It may have several readers: each message goes to exactly one of them. With
 * `incoming: "bytes"` it is a `Connection<ByteMessage>`, whose text comes as `TextBytes`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Connection<M extends AnyMessage = Message> extends Lifecycle, Sending {
  readonly [TypeId]: MessageControls<M>
  /** The next message. `Stream.runHead(messages)` would drop the rest of its chunk; this loses nothing. */
  readonly receive: Effect.Effect<M, EndOfMessages | ConnectionError>
  readonly reader: Effect.Effect<Reader<M>, never, Scope.Scope>
  /**
   * All messages. Completes when we closed, or when the peer closed with 1000, 1001 or no code, and fails otherwise. Everything
   * received before comes first.
   */
  readonly messages: Stream.Stream<M, ConnectionError>
  /**
   * Calls `handler` for each message, in order, in the turn that received it. If it returns an Effect, a fiber runs that, and the
   * next message waits for it. Ends as {@link messages} does.
   */
  readonly run: <E = never, R = never>(
    handler: (message: M) => Effect.Effect<unknown, E, R> | void
  ) => Effect.Effect<void, ConnectionError | E, R>
}

/**
 * A message that is still arriving. Reading the next message discards the rest of this one: reading on then fails with
 * `MessageDiscarded`.
 *
 * @since 0.1.0
 * @category models
 */
export type MessageStream =
  | { readonly kind: "text"; readonly payload: Stream.Stream<string, ConnectionError | MessageDiscarded> }
  | { readonly kind: "binary"; readonly payload: Stream.Stream<Octets, ConnectionError | MessageDiscarded> }

/**
 * A connection opened with `incoming: "streamed"`: messages of any size, as they arrive. `maxMessageSize` does not apply. Text is
 * decoded as it arrives: there are no streams of text as bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamedConnection extends Lifecycle, Sending {
  /** Run only one at a time: two would tear messages apart. */
  readonly messageStreams: Stream.Stream<MessageStream, ConnectionError>
}

/**
 * How messages are read. It is chosen at opening, since the limit of a message must be known at its first header.
 *
 * - `"whole"`: text as `string`, binary as `Uint8Array`.
 * - `"bytes"`: the same, but text as `TextBytes`: checked to be UTF-8, and not decoded.
 * - `"streamed"`: each message as a Stream, for messages of any size.
 *
 * @since 0.1.0
 * @category models
 */
export type Incoming = "whole" | "bytes" | "streamed"

/**
 * The connection that each way to read gives.
 *
 * @since 0.1.0
 * @category models
 */
export type ConnectionFor<I extends Incoming> = I extends "streamed" ? StreamedConnection
  : I extends "bytes" ? Connection<ByteMessage>
  : Connection

/**
 * The ways to read that give whole messages.
 *
 * @since 0.1.0
 * @category models
 */
export type IncomingWhole = Exclude<Incoming, "streamed">

/**
 * The message that each of them gives.
 *
 * @since 0.1.0
 * @category models
 */
export type MessageFor<I extends IncomingWhole> = I extends "bytes" ? ByteMessage : Message

/**
 * What the opening handshake agreed on.
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
