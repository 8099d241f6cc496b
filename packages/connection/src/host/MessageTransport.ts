/**
 * A WebSocket that the host itself speaks, as a connection needs it: whole messages in and out, and one last word. A page's
 * `WebSocket` is one, or its `WebSocketStream`.
 *
 * Frames, pings, fragments and the closing handshake are the host's, and it tells little of them. It never throws into a
 * connection, and no connection throws into it.
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
  /** Bytes of messages given to {@link send} that have not left yet, as far as the host tells. */
  readonly pending: number
  /** Neither side has closed it, as far as the host tells: what is sent may still arrive. */
  readonly isOpen: boolean
  /** For hosts that can be told to wait. Without it, what comes and is not read is kept, up to `inboxSize`. */
  readonly pausing: Pausing | undefined
  /** Names the one that is told. Nothing is told before. */
  readonly attach: (receiver: MessageReceiver) => void
  /** Sends one message. Its memory is the caller's again once this returns. */
  readonly send: (message: Content) => void
  /** Starts the closing handshake, behind what was sent: without a code, or with 1000 or one of 3000 to 4999. */
  readonly close: (status: CloseStatus) => void
  /** Gives it up: the host closes it when it can, and nothing is told any more, not even {@link MessageReceiver.onClosed}. */
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
 * What it tells.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageReceiver {
  /** A whole message, whose memory is the receiver's. */
  onMessage(message: Message): void
  /** Less is pending than before. Hosts that do not tell are asked from time to time. */
  onDrained(): void
  /** Last of all, exactly once. */
  onClosed(end: HostEnd): void
}

/**
 * How it ended, as hosts tell it (https://websockets.spec.whatwg.org/#the-closeevent-interface).
 *
 * @since 0.1.0
 * @category models
 */
export interface HostEnd {
  /** Both Closes were sent. */
  readonly wasClean: boolean
  /** Of the Close that was received; 1005 if it had none, 1006 if there was no Close. */
  readonly code: number
  readonly reason: string
  /** What the host says of it if it was not clean: often nothing. */
  readonly error: unknown
}
