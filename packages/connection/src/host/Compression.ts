/**
 * What a host provides for permessage-deflate (RFC 7692): deflating and inflating, with the contexts of one connection. For what is
 * negotiated see the codec's `PermessageDeflate`; for where RSV1 is legal, `Legality`.
 *
 * @since 0.1.0
 */
import type { Agreed } from "@effect-ws/codec/PermessageDeflate"
import type { Octets } from "@effect-ws/codec/Primitives"

/**
 * One side of the extension, for all connections of a layer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Deflate<out Config> {
  /** What to negotiate: for `PermessageDeflate.offer` and `PermessageDeflate.verify`, or for `PermessageDeflate.accept`. */
  readonly config: Config
  /** Makes the contexts of a connection that agreed on this. */
  readonly open: (agreed: Agreed) => Compression
}

/**
 * Both directions of one connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Compression {
  /**
   * Inflates a run of a message to at most `limit` bytes; `last` means that it ends the message. Only one call runs at a time. The input
   * is lent for the call. A part of the answer that fills its memory is given away; any other is lent until the next call on any
   * connection.
   */
  readonly inflate: (octets: Uint8Array, last: boolean, limit: number) => Answer<InflateResult>
  /** Whether a message of so many bytes is worth compressing; if it is, so is any larger one. */
  readonly isWorth: (size: number) => boolean
  /**
   * Deflates a part of a message; `last` means that it ends the message, whose tail is cut off (RFC 7692 §7.2.1). Only one call runs at
   * a time. The input is lent for the call. An immediate answer may be lent, too, until the next call on any connection.
   */
  readonly deflate: (octets: Uint8Array, last: boolean) => Answer<Uint8Array>
  /**
   * Deflates messages for many connections, if this one may be sent the result: connections that share it are sent the same bytes. It
   * takes over no context (RFC 7692 §7.1.1).
   */
  readonly shared?: SharedDeflater | undefined
  /**
   * Resets the context of `deflate`, because a message of `shared` is sent, which that context has not seen. It is called between two
   * messages. Absent if no context is taken over.
   */
  readonly restart?: (() => void) | undefined
  /** Frees the contexts, also during a call, whose answer then never comes. */
  readonly free: () => void
}

/**
 * Deflates each message by itself, to send it to many connections. No connection owns it, so it answers even if some of them end.
 *
 * @since 0.1.0
 * @category models
 */
export interface SharedDeflater {
  /**
   * Deflates a whole message, whose tail is cut off. Any number of calls may run at a time. The input is lent for the call. An immediate
   * answer is lent until the next call on any connection.
   */
  readonly deflate: (octets: Uint8Array) => Answer<Uint8Array>
}

/**
 * An answer now or later. `Later` is given two functions, and calls one of them, once, in a later turn: `listener` with the answer, or
 * `failed` if there is none.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer<A> =
  | { readonly _tag: "Now"; readonly value: A }
  | {
    readonly _tag: "Later"
    readonly listen: (listener: (value: A) => void, failed: (defect: unknown) => void) => void
  }

/**
 * The result of inflating.
 *
 * @since 0.1.0
 * @category models
 */
export type InflateResult =
  | { readonly _tag: "Inflated"; readonly parts: ReadonlyArray<Octets> }
  | { readonly _tag: "Invalid" }
  | { readonly _tag: "TooBig" }
