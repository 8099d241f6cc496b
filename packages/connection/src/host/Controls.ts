/**
 * What hosts can do with a connection, beyond what its user can, without a fiber. The functions of `Hosting` use it.
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
  /** Calls `listener` once there is an outcome, at once if there is one already. */
  readonly listen: (listener: (outcome: CloseOutcome) => void) => void
  /** Starts closing with a Close that may be sent. */
  readonly beginClose: (status: CloseStatus) => void
  /** Cuts the transport. */
  readonly cut: (why: AbortReason) => void
  /** The part of a Close that can be sent. */
  readonly fitted: (status: Extract<CloseStatus, { readonly _tag: "Status" }>) => Fitted
}

/**
 * The controls of a connection that gives whole messages.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageControls<M extends AnyMessage = Message> extends Controls {
  readonly inbox: Inbox<M>
}
