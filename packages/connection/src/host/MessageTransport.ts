/**
 * A WebSocket that the host itself speaks, as a connection needs it: whole messages in and out, and how it ended. A page's `WebSocket`
 * is one, or its `WebSocketStream`.
 *
 * The host handles frames, pings, fragments and the closing handshake, and tells little about them. It never throws into a connection,
 * and no connection throws into it.
 *
 * @since 0.1.0
 */
import type { CloseStatus } from "@effect-ws/codec/CloseStatus"
import type { Content, Message } from "../Message.js"

/**
 * What a connection asks of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageTransport {
  /** Bytes of messages given to {@link send} and not yet sent, as far as the host tells. */
  readonly pending: number
  /** Whether neither side has closed it, as far as the host tells: messages may still arrive. */
  readonly isOpen: boolean
  /** For hosts that can pause. Without it, messages that are not read are kept, up to `inboxSize`. */
  readonly pausing: Pausing | undefined
  /** Sets the receiver. Nothing is reported before. */
  readonly attach: (receiver: MessageReceiver) => void
  /** Sends one message. Its memory belongs to the caller again once this returns. */
  readonly send: (message: Content) => void
  /** Starts the closing handshake, after what was sent: without a code, or with 1000 or 3000 to 4999. */
  readonly close: (status: CloseStatus) => void
  /** Gives it up: the host closes it when it can, and reports nothing more, not even {@link MessageReceiver.onClosed}. */
  readonly destroy: () => void
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Pausing {
  readonly pause: () => void
  readonly resume: () => void
}

/**
 * What the host reports.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageReceiver {
  /** A whole message, whose memory now belongs to the receiver. */
  onMessage(message: Message): void
  /** Less is pending than before. Hosts that do not report this are polled. */
  onDrained(): void
  /** Called last, exactly once. */
  onClosed(end: HostEnd): void
}

/**
 * How it ended, as hosts report it (https://websockets.spec.whatwg.org/#the-closeevent-interface).
 *
 * @since 0.1.0
 * @category models
 */
export interface HostEnd {
  /** Both Closes were sent. */
  readonly wasClean: boolean
  /** The code of the received Close; 1005 if it had none, 1006 if there was no Close. */
  readonly code: number
  readonly reason: string
  /** What the host says about an unclean end: often nothing. */
  readonly error: unknown
}
