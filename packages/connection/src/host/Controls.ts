/**
 * What hosts do with a connection beyond what its user may, without a fiber. The functions of `Hosting` use it.
 *
 * @since 0.1.0
 */
import type { CloseStatus, Fitted } from "@effect-ws/codec/CloseStatus"
import type { AbortReason, CloseOutcome } from "../CloseOutcome.js"
import type { AnyMessage, Message } from "../Message.js"
import type { Inbox } from "../receiving/Inbox.js"

/**
 * Nothing here throws.
 *
 * @since 0.1.0
 * @category models
 */
export interface Controls {
  /** Calls once there is an outcome; at once if there is one. */
  readonly listen: (listener: (outcome: CloseOutcome) => void) => void
  /** Starts closing with a Close that may be sent. */
  readonly beginClose: (status: CloseStatus) => void
  /** Cuts the transport. */
  readonly cut: (why: AbortReason) => void
  /** What can be sent of a Close. */
  readonly fitted: (status: Extract<CloseStatus, { readonly _tag: "Status" }>) => Fitted
}

/**
 * Of a connection that gives whole messages.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageControls<M extends AnyMessage = Message> extends Controls {
  readonly inbox: Inbox<M>
}
