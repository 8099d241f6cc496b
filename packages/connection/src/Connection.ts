/**
 * An open WebSocket connection as a value: reading, sending, closing. The Effect shell around `Protocol`: it feeds octets and
 * the passing of time to the protocol, carries out its actions on a `Transport`, and hands what was received to those who read.
 *
 * It decides nothing about the protocol, and knows no host: {@link unsafeMake} takes the transport and what all connections of a layer
 * share. Platform packages call it; applications are given connections.
 *
 * @since 0.1.0
 */
import type { CloseStatus, Fitted } from "@effect-ws/codec/CloseStatus"
import type { Octets } from "@effect-ws/codec/Primitives"
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import type * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { AbortReason, CloseOutcome, Role } from "./CloseOutcome.js"
import type {
  ConnectionClosed,
  ConnectionError,
  EndOfMessages,
  InvalidClose,
  MessageDiscarded,
  PingTimeout
} from "./ConnectionError.js"
import type { Compression } from "./host/Compression.js"
import type { Deadlines } from "./host/Deadlines.js"
import type { Meter } from "./host/Meter.js"
import type { Transport } from "./host/Transport.js"
import { asEffect as toEffect } from "./internal/asEffect.js"
import type { Limits } from "./Limits.js"
import type { Message, Outgoing } from "./Message.js"
import type { Framing } from "./sending/FrameWriter.js"
import * as internal from "./shell/Shell.js"

/**
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = internal.TypeId

/**
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * One of those who read. It has one {@link pull} in flight; a pull that was interrupted took nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reader {
  /** All that has come since the last pull: at least one message. */
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<Message>, EndOfMessages | ConnectionError>
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
   * connection until they are written (see {@link flush}): do not change or transfer them before. Anything but a message is a
   * defect.
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
  readonly [TypeId]: TypeId
  readonly role: Role
  readonly opening: Opening
  /** The subprotocol that both agreed on. */
  readonly subprotocol: Option.Option<string>
  /** The extensions that both agreed on, as the opening handshake states them; empty if there are none. */
  readonly extensions: string
  /** Octets accepted that have not left yet. */
  readonly bufferedAmount: number
  /**
   * Measures a round trip. The payload is ours, so that pongs cannot be confused; any later pong answers earlier pings (RFC 6455
   * §5.5.3). A pong with another payload answers none: after `keepaliveTimeout` (20 seconds unless set; also where keepalive is
   * off) this fails with `PingTimeout`, and the connection stays open. The ping goes out behind what was accepted before it, and
   * that counts. To wait less: `Effect.timeout`.
   */
  readonly ping: Effect.Effect<Duration.Duration, ConnectionClosed | PingTimeout>
  /**
   * Starts closing, with 1000 unless said otherwise, and waits for the outcome. A second call joins the first; interrupting it
   * stops only the waiting.
   *
   * It waits for a peer that does not answer for `closeTimeout` (5 seconds) after our Close has left. Under `TestClock` no such
   * time passes by itself, nor does `linger` or `grace` when a scope closes: fork the closing, `TestClock.adjust` by that limit,
   * and then join. {@link abort} waits for nothing.
   */
  readonly close: {
    (): Effect.Effect<CloseOutcome>
    (code: number, reason?: string): Effect.Effect<CloseOutcome, InvalidClose>
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
 * A connection that gives whole messages. Several may read: each message goes to exactly one of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Connection extends Lifecycle, Sending {
  /** The next message. Nothing that came with it is lost, unlike `Stream.runHead(messages)`, which drops the rest of its chunk. */
  readonly receive: Effect.Effect<Message, EndOfMessages | ConnectionError>
  readonly reader: Effect.Effect<Reader, never, Scope.Scope>
  /**
   * Completes when we closed, or when the peer did with 1000, 1001 or no code; fails otherwise. All that was received before
   * comes first.
   */
  readonly messages: Stream.Stream<Message, ConnectionError>
  /**
   * Calls `handler` for each message, in order, in the turn that received it. A handler that returns an Effect is served by a
   * fiber for as long as it is busy; the next message waits for it. Ends as {@link messages} does.
   */
  readonly run: <E = never, R = never>(
    handler: (message: Message) => Effect.Effect<unknown, E, R> | void
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
 * A connection opened with `incoming: "streamed"`: messages of any size, as they arrive. The message limit does not apply.
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
 * @since 0.1.0
 * @category models
 */
export type Incoming = "whole" | "streamed"

/**
 * @since 0.1.0
 * @category models
 */
export type ConnectionFor<I extends Incoming> = I extends "streamed" ? StreamedConnection : Connection

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

/**
 * What all connections of a layer share.
 *
 * @since 0.1.0
 * @category models
 */
export interface Host {
  readonly role: Role
  readonly limits: Limits
  readonly framing: Framing
  readonly deadlines: Deadlines
  /** Unpredictable, unsigned, 32 bits. */
  readonly random: () => number
  readonly meter: Meter | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options<I extends Incoming> {
  readonly incoming: I
  readonly opening: Opening
  /** permessage-deflate as it was negotiated; `undefined` if it was not. */
  readonly compression: Compression | undefined
}

/**
 * What all connections of a layer share, from what a host provides. Throws an `InvalidOption` for a limit out of its range.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeHost: (
  options: {
    readonly role: Role
    readonly limits: Limits
    readonly primitives: Framing["primitives"]
    /** A source of unpredictable unsigned 32-bit numbers: masking keys, and the payload of pings. */
    readonly random: () => number
    readonly deadlines: Deadlines
    /** Is told what connections do. Default: nobody is. */
    readonly meter?: Meter | undefined
  }
) => Host = internal.makeHost

/**
 * A connection on a transport whose opening handshake is done. Whoever makes it sees to {@link shutdown}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const unsafeMake: <I extends Incoming>(
  transport: Transport,
  host: Host,
  options: Options<I>
) => ConnectionFor<I> = internal.unsafeMake

/**
 * Closes with `status` and waits for the outcome for at most `grace`, then cuts the transport: `Aborted`, with `why`. A `status` that must
 * not be sent is made to fit, and logged: an illegal code becomes 1011, and a reason is cut to 123 bytes. As a finalizer this
 * cannot be interrupted: under `TestClock`, where `grace` passes only by `TestClock.adjust`, the scope of a connection whose peer
 * does not answer is closed in a fiber of its own.
 *
 * @since 0.1.0
 * @category closing
 */
export const shutdown: (
  connection: Lifecycle,
  options: { readonly status: CloseStatus; readonly grace: Duration.DurationInput; readonly why: AbortReason }
) => Effect.Effect<CloseOutcome> = internal.shutdown

/**
 * Logs, as a warning, what of a Close could not be sent as it was given: for those who use `CloseStatus.fit`.
 *
 * @since 0.1.0
 * @category hosts
 */
export const logUnsent: (code: number, fitted: Fitted) => Effect.Effect<void> = internal.logUnsent

/**
 * Cuts the transport at once, for a reason of the host's. Applications have `connection.abort`.
 *
 * @since 0.1.0
 * @category closing
 */
export const abort: (connection: Lifecycle, why: AbortReason) => Effect.Effect<CloseOutcome> = internal.abort

/**
 * Whether the peer may still care for what is sent: no Close was sent or received. One that was received is answered behind what
 * is sent for the messages before it; until then `send` works, and this is `false` already.
 *
 * @since 0.1.0
 * @category closing
 */
export const isOpen: (connection: Lifecycle) => boolean = internal.isOpen

/**
 * What a function of the user's returned where an Effect belongs: that Effect, or a defect for a Promise, whose rejection ends
 * nothing then.
 *
 * @since 0.1.0
 * @category hosts
 */
export const asEffect: <A, E, R>(given: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = toEffect

/**
 * Calls `listener` once the connection has its outcome, at once if it has it already, without a fiber that waits. It must not
 * throw.
 *
 * @since 0.1.0
 * @category hosts
 */
export const listen: (connection: Lifecycle, listener: (outcome: CloseOutcome) => void) => void = internal.listen

/**
 * As {@link Connection.run} of a connection that nobody else runs, with neither fiber nor Scope while there is nothing to
 * handle: `onDone` is told how it ended, once. The Effect stops it, and waits for a handler at work to be interrupted.
 *
 * @since 0.1.0
 * @category hosts
 */
export const unsafeRun: <E, R>(
  connection: Connection,
  runtime: Runtime.Runtime<R>,
  handler: (connection: Connection, message: Message) => Effect.Effect<unknown, E, R> | void,
  onDone: (exit: Exit.Exit<void, ConnectionError | E>) => void
) => Effect.Effect<void> = internal.unsafeRun
