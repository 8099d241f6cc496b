/**
 * What a host provides for permessage-deflate (RFC 7692): the transformation of octets, with the contexts of one connection.
 * What was negotiated stands in `PermessageDeflate` of the codec; when RSV1 is legal, in `Legality`.
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
  /** What is negotiated: for `PermessageDeflate.offer` and `PermessageDeflate.verify`, or for `PermessageDeflate.accept`. */
  readonly config: Config
  /** The contexts of a connection that agreed on this. */
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
   * Inflates a run of a message, `last` being its end, to at most `limit` octets. At most one call is under way. The octets are
   * lent for the call. Of the parts of the answer, one that fills all of its memory is given away; any other is lent, until the
   * next call on any connection.
   */
  readonly inflate: (octets: Uint8Array, last: boolean, limit: number) => Answer<InflateResult>
  /** Whether a message of so many octets is worth compressing; if it is, so is a larger one. */
  readonly isWorth: (size: number) => boolean
  /**
   * Deflates a part of a message, `last` being its end, which loses its tail (RFC 7692 §7.2.1). At most one call is under way.
   * The octets are lent for the call. What is answered now may be lent as well, until the next call on any connection.
   */
  readonly deflate: (octets: Uint8Array, last: boolean) => Answer<Uint8Array>
  /**
   * What deflates a message for many connections, if this one may be sent what it makes: those that have the same one are sent
   * the same octets. It takes over no context (RFC 7692 §7.1.1).
   */
  readonly shared?: SharedDeflater | undefined
  /**
   * Forgets what `deflate` would take over, since a message of `shared` is sent: what the receiver has seen last is not what it was
   * given. Called between two messages. There is none where no context is taken over.
   */
  readonly restart?: (() => void) | undefined
  /** Frees the contexts, also while a call is under way, whose answer then never comes. */
  readonly free: () => void
}

/**
 * Deflates messages each by itself, for whoever wants to send one to many connections. No connection owns it, so what it was asked it
 * answers whichever of them end.
 *
 * @since 0.1.0
 * @category models
 */
export interface SharedDeflater {
  /**
   * Deflates a whole message, which loses its tail. Any number of calls may be under way. The octets are lent for the call. What is
   * answered now is lent, until the next call on any connection.
   */
  readonly deflate: (octets: Uint8Array) => Answer<Uint8Array>
}

/**
 * An answer at once, or later: then `Later` is given two functions, one of which it calls, once, in another turn than this one:
 * `listener` with the answer, or `failed` when there can be none.
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
 * What became of what was to be inflated.
 *
 * @since 0.1.0
 * @category models
 */
export type InflateResult =
  | { readonly _tag: "Inflated"; readonly parts: ReadonlyArray<Octets> }
  | { readonly _tag: "Invalid" }
  | { readonly _tag: "TooBig" }
